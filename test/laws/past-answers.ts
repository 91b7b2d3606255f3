import { expect } from 'vitest';
import { type Instant } from '../../src/kernel/calendar.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { answered } from './asking.ts';
import { ask, idsIn, type Kept, type Lived } from './past-moments.ts';
import { whetherThereWere } from './past-questions.ts';

/** How often something was compared. */
export type Compared = {
  moments: number;
  answers: number;
  instants: number;
  /** Of those instants, that lie between two events. */
  between: number;
};

export const nothingCompared = (): Compared => ({
  moments: 0,
  answers: 0,
  instants: 0,
  between: 0,
});

/** What is asked for in the end is what was answered live: as of the position, and the instant. */
export async function expectAnswersOfThen(lived: Lived, compared: Compared): Promise<void> {
  const { events } = await lived.world.log.readAll();
  const today = idsIn(await todaysIds(lived), 'cus|con|inv');
  for (const kept of lived.kept) {
    compared.moments += 1;
    compared.answers += kept.answers.length;
    const { position, ahead, now: recordedAt } = kept;
    if (!ahead) await expectSame(lived, kept, { position: String(position) });
    await expectAbsent(lived, kept, today);
    const through = prefixBy(events, recordedAt);
    if (through === position) {
      await expectSame(lived, kept, { recordedAt });
      compared.instants += 1;
      if (ahead) compared.between += 1;
    } else {
      // More was recorded at that instant.
      expect(ahead).toBe(false);
      const customers = idsIn(kept.answers[0]?.text ?? '', 'cus').slice(0, 1);
      const text = await ask(lived.world, whetherThereWere(customers), { recordedAt });
      expect(text).toContain(`@${String(through)}"`);
    }
  }
}

/** The last position before which nothing was recorded after the instant. */
function prefixBy(events: readonly Recorded[], at: Instant): bigint {
  const next = events.findIndex(({ metadata }) => metadata.recordedAt > at);
  return events.at(next === -1 ? -1 : next - 1)?.position ?? 0n;
}

async function expectSame({ world }: Lived, { position, answers }: Kept, asOf: object) {
  for (const { question, text } of answers) {
    const known = await ask(world, question, asOf);
    expect(known).toBe(withSuffix(text, position));
  }
}

/** All ids but those of what never changes. */
const withSuffix = (text: string, position: bigint): string =>
  text.replaceAll(/"id":"(?!prd_|met_)[^"]+/g, (id) => `${id}@${String(position)}`);

/** What there was not yet is null, and nothing else is. */
async function expectAbsent({ world }: Lived, kept: Kept, ids: readonly string[]) {
  const { position, answers, ahead, now } = kept;
  const before = new Set(idsIn(answers.map(({ text }) => text).join(''), 'cus|con|inv'));
  const question = whetherThereWere(ids);
  const text = await ask(
    world,
    question,
    ahead ? { recordedAt: now } : { position: String(position) },
  );
  const things = Object.values(JSON.parse(text) as Record<string, { readonly id: string } | null>);
  expect(things).toEqual(
    ids.map((id) => (before.has(id) ? { id: `${id}@${String(position)}` } : null)),
  );
}

const listOfToday = `query ($at: DateTime) { customers(first: 100) { nodes {
  id contracts(coveringAt: $at) { id } invoices(first: 200) { nodes { id contract { id } } } } } }`;

const todaysIds = ({ world }: Lived): Promise<string> => answered(world, listOfToday, {});

/** Drafts: what is final is replayed by a law of its own. */
export async function expectDraftsReplay(lived: Lived): Promise<number> {
  const query = `query { customers(first: 100) { nodes {
    invoices(first: 200, filter: { statuses: [DRAFT] }) { nodes { id } } } } }`;
  const drafts = idsIn(await answered(lived.world, query, {}), 'inv');
  const replay = 'query ($id: ID!) { replayInvoice(id: $id) { differences } }';
  for (const id of drafts) {
    const text = await answered(lived.world, replay, { id });
    expect(text).toBe('{"replayInvoice":{"differences":[]}}');
  }
  return drafts.length;
}
