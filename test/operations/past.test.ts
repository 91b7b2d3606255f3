import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, worldOf } from '../support/scenario.ts';
import { called } from './called.ts';

type Told = {
  readonly invoiceId: string;
  readonly status: string;
  readonly position: string;
  readonly total: string;
  readonly lines: readonly { readonly quantity: string; readonly amount: string }[];
};

const asked = `query ($id: ID!, $asOf: AsOfInput) {
  invoice(id: $id, asOf: $asOf) {
    status position total { amount }
    lineItems(includeZero: true) { quantity amount { amount } }
  }
}`;

type Answer = {
  readonly invoice: {
    readonly status: string;
    readonly position: string;
    readonly total: { readonly amount: string };
    readonly lineItems: readonly {
      readonly quantity: string;
      readonly amount: { readonly amount: string };
    }[];
  } | null;
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let invoiceId = '';
const answers: { readonly moment: string; readonly answer: Answer['invoice'] }[] = [];

/** October of ten emails and a repeat, which is finalized, and voided. */
beforeAll(async () => {
  folder = await temporaryFolder();
  const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: at('2024-10') });
  const w = worldOf(paygo.client);
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('First', ['team']);
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  await w.useTimes(6, customerId, 'emails', '2024-10-02');
  const twice = { ...w.event(customerId, 'emails', '2024-10-03'), transactionId: 'twice' };
  await w.record([twice]);
  await w.advance('2024-10-20');
  await w.record([{ ...twice, customerId: 'team' }]);
  await w.useTimes(3, 'team', 'emails', '2024-10-04');
  await w.advance('2024-11-05');
  const [bill] = await w.invoices(customerId, { statuses: ['FINALIZED'] });
  invoiceId = bill?.id ?? '';
  await w.voided(invoiceId);
  const { recordUsage } = await w.ask<{ recordUsage: { position: string } }>(
    `mutation ($events: [UsageEventInput!]!) { recordUsage(events: $events) { position } }`,
    { events: [w.event(customerId, 'emails', '2024-11-02')] },
  );
  const instants = ['2024-10-10T00:00:00Z', '2024-10-25T00:00:00Z', '2024-11-03T00:00:00Z'];
  const positions = Array.from({ length: Number(recordUsage.position) }, (_, index) =>
    String(index + 1),
  );
  for (const moment of [...instants, ...positions]) {
    const asOf = moment.includes('T') ? { recordedAt: moment } : { position: moment };
    const { invoice } = await w.ask<Answer>(asked, { id: invoiceId, asOf });
    answers.push({ moment, answer: invoice });
  }
  await paygo.stop();
});
afterAll(() => folder.remove());

const replayed = (moment: string, ...more: readonly string[]) =>
  called({ PAYGO_DATA_DIR: folder.path }, 'replay', invoiceId, '--as-of', moment, ...more);

describe('paygo replay --as-of', () => {
  it('tells an invoice at every position, and at instants, as the server does', async () => {
    expect(new Set(answers.map(({ answer }) => answer?.status))).toEqual(
      new Set([undefined, 'DRAFT', 'FINALIZED', 'VOID']),
    );
    for (const { moment, answer } of answers) {
      const { code, said } = await replayed(moment, '--json');
      expect([moment, code]).toEqual([moment, answer === null ? 1 : 0]);
      if (answer === null) continue;
      const told = JSON.parse(said) as Told;
      expect([moment, told]).toMatchObject([
        moment,
        { invoiceId, status: answer.status, position: answer.position },
      ]);
      expect(Number(told.total)).toBe(Number(answer.total.amount));
      expect(told.lines.map(({ quantity, amount }) => [quantity, Number(amount)])).toEqual(
        answer.lineItems.map(({ quantity, amount }) => [quantity, Number(amount.amount)]),
      );
    }
  });

  it('tells it in words, and says what is no moment, and that there was none', async () => {
    expect(await replayed('2024-10-25T00:00:00Z')).toMatchObject({
      code: 0,
      said: expect.stringMatching(
        /^inv_\w+: DRAFT, 1 USD at position \d+\nUSAGE emails: 10, 1 USD$/,
      ),
    });
    expect(await replayed('1')).toMatchObject({
      code: 1,
      complained: `paygo: there was no invoice ${invoiceId} at 1`,
    });
    expect(await replayed('1000')).toMatchObject({
      code: 2,
      complained: expect.stringMatching(/^paygo: --as-of: the log has not come that far, it ends/),
    });
    // Where the test clock stands, though the machine's is ahead of that.
    expect(await replayed('2024-11-05T00:00:00Z')).toMatchObject({ code: 0 });
    expect(await replayed('2024-11-05T01:00:00Z')).toMatchObject({
      code: 2,
      complained: 'paygo: --as-of: that instant lies ahead, it is 2024-11-05T00:00:00.000Z',
    });
    expect(await replayed('yesterday')).toMatchObject({
      code: 2,
      complained: expect.stringContaining('neither a position of the log nor an instant'),
    });
  });
});
