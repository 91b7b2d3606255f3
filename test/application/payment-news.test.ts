import { describe, expect, it } from 'vitest';
import { append } from '../../src/application/handle.ts';
import { takeNews, type PaymentNews } from '../../src/application/payment-news.ts';
import { Unavailable, type EventLog } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import {
  invoiceStream,
  type InvoiceEvent,
  type InvoiceFinalized,
  type InvoiceSent,
  type ProviderStatus,
} from '../../src/invoices/events.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { caller, october } from './engine.ts';
import { hooked, losingAnswers } from './logs.ts';
import { contractId, customerId, usageId } from '../invoices/given.ts';

const clock = { now: () => october };
const invoiceId = usageId(october);
const stream = invoiceStream(invoiceId);
const finalized: InvoiceFinalized = {
  type: 'InvoiceFinalized',
  ...{ invoiceId, customerId, contractId, invoiceType: 'USAGE', currency: 'USD' },
  ...{ periodStart: october, periodEnd: october, lines: [], total: '0', terms: [] },
  ...{ daysUntilDue: 30, issuedAt: october, closedBy: { stream: 'contracts-x', revision: 0 } },
  proof: null,
};
const sent: InvoiceSent = {
  type: 'InvoiceSent',
  ...{ invoiceId, provider: 'STRIPE', externalId: 'in_1', status: 'FINALIZED', hostedUrl: null },
  ...{ total: '0', currency: 'USD' },
};

async function logOf(...events: readonly InvoiceEvent[]): Promise<EventLog> {
  const log = memoryLog();
  await append({ log, clock }, stream, 'no_stream', events, caller);
  return log;
}

const newsOf = (status: ProviderStatus, change: Partial<PaymentNews> = {}): PaymentNews => ({
  causeId: `evt_${status}`,
  ...{ invoiceId, externalId: 'in_1', status, hostedUrl: null, message: null },
  ...change,
});

const updatesIn = async (log: EventLog) =>
  ((await log.readStream(stream)) as readonly Recorded<InvoiceEvent>[]).flatMap(({ id, event }) =>
    event.type === 'InvoicePaymentUpdated' ? [{ id, event }] : [],
  );

function permutations<T>(values: readonly T[]): readonly (readonly T[])[] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, place) =>
    permutations(values.filter((_, other) => other !== place)).map((rest) => [value, ...rest]),
  );
}

const subsets = <T>(values: readonly T[]): readonly (readonly T[])[] =>
  values.reduce<readonly (readonly T[])[]>(
    (all, value) => [...all, ...all.map((some) => [...some, value])],
    [[]],
  );

const all = ['FINALIZED', 'PAYMENT_FAILED', 'UNCOLLECTIBLE', 'VOID', 'PAID'] as const;

describe('news of an invoice', () => {
  it('come to the same in any order, each told twice, and told all over again', async () => {
    const orders = subsets(all).flatMap((some) => permutations(some));
    expect(orders).toHaveLength(326);
    for (const order of orders) {
      const log = await logOf(finalized, sent);
      const take = takeNews({ log, clock });
      for (const status of order) {
        await take(newsOf(status), caller);
        expect(await take(newsOf(status), caller)).toBe('known');
      }
      const last = (await updatesIn(log)).at(-1)?.event.status ?? 'FINALIZED';
      // Whatever was paid is paid; else the state that comes last in this list.
      const expected = all.findLast((status) => order.includes(status)) ?? 'FINALIZED';
      expect(last, order.join()).toBe(expected);
      const before = await log.head();
      for (const status of order) expect(await take(newsOf(status), caller)).toBe('known');
      expect(await log.head(), order.join()).toBe(before);
    }
  });

  it('are recorded with who told them, under an id that comes of it', async () => {
    const log = await logOf(finalized, sent);
    const news = newsOf('PAYMENT_FAILED', { message: 'no money', hostedUrl: 'https://pay' });
    expect(await takeNews({ log, clock })(news, caller)).toBe('recorded');
    const [update] = await updatesIn(log);
    expect(update?.event).toEqual({
      type: 'InvoicePaymentUpdated',
      provider: 'STRIPE',
      ...news,
    });
    expect(update?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
    const elsewhere = await logOf(finalized, sent);
    await takeNews({ log: elsewhere, clock })(news, caller);
    expect((await updatesIn(elsewhere)).map(({ id }) => id)).toEqual([update?.id]);
    const other = await logOf(finalized, sent);
    await takeNews({ log: other, clock })({ ...news, causeId: 'evt_other' }, caller);
    expect((await updatesIn(other)).map(({ id }) => id)).not.toEqual([update?.id]);
  });

  it('of an invoice that is not there, or of another one there, change nothing', async () => {
    const log = await logOf(finalized, sent);
    const take = takeNews({ log, clock });
    const before = await log.head();
    const told = [
      ['unknown_invoice', { invoiceId: usageId(october, 1) }],
      ['unknown_invoice', { invoiceId: 'none' }],
      ['unknown_invoice', { invoiceId: `${invoiceId}\n` }],
      ['unknown_invoice', { invoiceId: 'x'.repeat(100_000) }],
      ['other_external_invoice', { externalId: 'in_2' }],
    ] as const;
    for (const [outcome, change] of told) {
      expect(await take(newsOf('PAID', change), caller)).toBe(outcome);
    }
    expect(await log.head()).toBe(before);
  });

  it('that come before it is known to be sent are to be told again, and then count', async () => {
    const log = await logOf(finalized);
    const take = takeNews({ log, clock });
    expect(await take(newsOf('PAID'), caller)).toBe('not_sent_yet');
    expect(await updatesIn(log)).toEqual([]);
    await append({ log, clock }, stream, 0, [sent], caller);
    expect(await take(newsOf('PAID'), caller)).toBe('recorded');
  });

  it('are recorded once when the answer of the log is lost', async () => {
    const log = await logOf(finalized, sent);
    expect(await takeNews({ log: losingAnswers(log, 2), clock })(newsOf('PAID'), caller)).toBe(
      'recorded',
    );
    expect(await updatesIn(log)).toHaveLength(1);
  });

  it('are recorded once when the process ends before or after the append', async () => {
    for (const moment of ['before', 'after'] as const) {
      const log = await logOf(finalized, sent);
      const broken = hooked(log, {
        [moment]: () => {
          throw new Error('killed');
        },
      });
      await expect(takeNews({ log: broken, clock })(newsOf('PAID'), caller)).rejects.toThrow();
      const again = await takeNews({ log, clock })(newsOf('PAID'), caller);
      expect(again).toBe(moment === 'before' ? 'recorded' : 'known');
      expect(await updatesIn(log)).toHaveLength(1);
    }
  });

  it('told to two processes at once are recorded once', async () => {
    const log = await logOf(finalized, sent);
    const take = takeNews({ log, clock });
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => take(newsOf('PAID'), caller)));
    expect(outcomes).toContain('recorded');
    expect(await updatesIn(log)).toHaveLength(1);
  });

  it('find the log away, and say so', async () => {
    const log: EventLog = {
      ...memoryLog(),
      readStream: () => Promise.reject(new Unavailable('away')),
    };
    await expect(takeNews({ log, clock })(newsOf('PAID'), caller)).rejects.toThrow(Unavailable);
  });
});
