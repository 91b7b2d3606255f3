import { expect, it, onTestFinished, vi } from 'vitest';
import { ingest, usageLine } from '../support/ingest.ts';
import { story, type World } from '../support/scenario.ts';

const [bodies, lines] = [12, 5000];

/** Work counts for as much as on a machine that is so much slower: this one may be fast. */
const slower = 20;

function slowDown(): void {
  const now = performance.now.bind(performance);
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => slower * now());
  onTestFinished(() => {
    spy.mockRestore();
  });
}

/** How many others are answered until the work is done. */
async function answeredMeanwhile(w: World, work: Promise<unknown>): Promise<number> {
  const ended = new AbortController();
  const isGoingOn = (): boolean => !ended.signal.aborted;
  let answered = 0;
  const others = async (): Promise<void> => {
    while (isGoingOn()) {
      await w.ask('{ clock { now } }');
      if (isGoingOn()) answered += 1;
    }
  };
  const asking = others();
  await work.finally(() => {
    ended.abort();
  });
  await asking;
  return answered;
}

it('others are answered while a question about much usage is', () =>
  story('2024-10', async (w, url) => {
    const rows = await w.metered('rows', 'SUM', 'count');
    const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '0.01' }]);
    const customerId = await w.customer('Large', ['large', 'large too']);
    await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
    let position = '0';
    for (let body = 0; body < bodies; body += 1) {
      const change = {
        ...{ customerId: body % 2 === 0 ? 'large' : 'large too', eventType: 'rows' },
        timestamp: '2024-10-02T00:00:00Z',
      };
      const sent = Array.from({ length: lines }, (_, line) =>
        usageLine(`${String(body)}-${String(line)}`, change),
      );
      const answer = await ingest(url, sent.join('\n'));
      expect(answer).toMatchObject({ status: 200, accepted: lines });
      position = answer.position ?? '0';
    }
    await w.advance('2024-11-02');
    const { id, total } = await w.bill(customerId, { status: 'FINALIZED' });
    expect(total.amount).toBe('600.00');
    const questions = {
      replay: () => w.ask('query ($id: ID!) { replayInvoice(id: $id) { matches } }', { id }),
      proof: () =>
        w.ask(
          `query ($id: ID!) { usageProof(invoiceId: $id, transactionId: "11-4999") { root } }`,
          { id },
        ),
      past: () =>
        w.ask(
          `query ($id: ID!, $position: LogPosition!) {
            invoice(id: $id, asOf: { position: $position }) { total { amount } } }`,
          { id, position },
        ),
    };
    slowDown();
    for (const [name, ask] of Object.entries(questions)) {
      expect(await answeredMeanwhile(w, ask()), name).toBeGreaterThan(4);
    }
  }));
