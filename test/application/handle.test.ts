import { describe, expect, it } from 'vitest';
import { handle } from '../../src/application/handle.ts';
import { RevisionConflict, Unavailable, type EventLog } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { accept, refuse, type Decider } from '../../src/kernel/decider.ts';
import { caller, eventCount, october } from './engine.ts';
import { hooked, losingAnswers } from './logs.ts';

type Counted = { readonly type: 'Counted'; readonly to: number };

/** Counts up to a number, one by one; refuses to pass three. */
const counter: Decider<{ to: number }, number, Counted, 'too_far'> = {
  initial: 0,
  decide({ to }, count) {
    if (to > 3) return refuse('too_far', ['to']);
    return to <= count ? accept() : accept({ type: 'Counted', to });
  },
  evolve: (_count, event) => event.to,
};
const clock = { now: () => october };
const count = (log: EventLog, to: (count: number) => number, beforeAppend?: () => undefined) =>
  handle({ log, clock }, counter, 'counter', caller, {
    command: (state) => ({ to: to(state) }),
    ...(beforeAppend && {
      beforeAppend: () => {
        beforeAppend();
        return Promise.resolve(undefined);
      },
    }),
  });
const counts = async (log: EventLog): Promise<number[]> =>
  (await log.readStream('counter')).map(({ event }) => (event as Counted).to);

describe('a command that is handled', () => {
  it('appends its events, stamped with who asked and when', async () => {
    const log = memoryLog();
    expect(await count(log, () => 1)).toEqual({ position: 1n, changed: true });
    expect((await log.readStream('counter'))[0]).toMatchObject({
      stream: 'counter',
      revision: 0,
      event: { type: 'Counted', to: 1 },
      metadata: {
        version: 1,
        actor: caller.actor,
        requestIds: [caller.requestId],
        recordedAt: october,
      },
    });
  });

  it('without events writes nothing, and answers where its stream stands', async () => {
    const log = memoryLog();
    await count(log, () => 2);
    await handle({ log, clock }, counter, 'other', caller, { command: () => ({ to: 1 }) });
    expect(await count(log, () => 2)).toEqual({ position: 1n, changed: false });
    expect(await eventCount(log)).toBe(2);
  });

  it('that is refused writes nothing', async () => {
    const log = memoryLog();
    const refused = { refused: { reason: 'too_far', field: ['to'] } };
    expect(await count(log, () => 4)).toEqual(refused);
    expect(await eventCount(log)).toBe(0);
  });

  it('is decided again on what the stream says when another was faster', async () => {
    const inner = memoryLog();
    let rivals = 2;
    const log = hooked(inner, {
      before: async () => {
        rivals -= 1;
        if (rivals >= 0) await count(inner, (state) => state + 1);
      },
    });
    expect(await count(log, (state) => state + 1)).toMatchObject({ changed: true });
    expect(await counts(inner)).toEqual([1, 2, 3]);
  });

  it('is refused when what came in between forbids it', async () => {
    const inner = memoryLog();
    const log = hooked(inner, {
      before: async () => {
        await count(inner, () => 3);
      },
    });
    const outcome = await count(log, (state) => state + 1);
    expect(outcome).toEqual({ refused: { reason: 'too_far', field: ['to'] } });
    expect(await counts(inner)).toEqual([3]);
  });

  it('gives up on a stream that never holds still', async () => {
    const log: EventLog = {
      ...memoryLog(),
      append: (stream) => Promise.reject(new RevisionConflict(stream, 0)),
    };
    await expect(count(log, () => 1)).rejects.toThrow(Unavailable);
  });

  it('does what comes before the append only once it is accepted', async () => {
    const log = memoryLog();
    let done = 0;
    const step = () => {
      done += 1;
      return undefined;
    };
    await count(log, () => 4, step);
    expect(done).toBe(0);
    await count(log, () => 1, step);
    expect(done).toBe(1);
  });
});

describe('an append of which no answer came', () => {
  it.each([1, 2, 3])('is settled by the identical append, after %i of them', async (lost) => {
    const inner = memoryLog();
    expect(await count(losingAnswers(inner, lost), () => 1)).toEqual({
      position: 1n,
      changed: true,
    });
    expect(await counts(inner)).toEqual([1]);
  });

  it('is reported when the log stays silent', async () => {
    const inner = memoryLog();
    await expect(count(losingAnswers(inner, 9), () => 1)).rejects.toThrow(Unavailable);
    expect(await counts(inner)).toEqual([1]);
  });

  it('that another overtook meanwhile is decided again', async () => {
    const inner = memoryLog();
    let first = true;
    const log: EventLog = {
      ...inner,
      append: async (stream, expected, events) => {
        if (!first) return inner.append(stream, expected, events);
        first = false;
        await count(inner, () => 1);
        throw new Unavailable('nothing was written');
      },
    };
    await count(log, (state) => state + 1);
    expect(await counts(inner)).toEqual([1, 2]);
  });
});
