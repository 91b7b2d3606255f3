import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Unavailable, type EventLog } from '../../src/application/ports.ts';
import { usageCommands } from '../../src/application/usage.ts';
import { type Recording } from '../../src/application/usage-intake.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { type UsageInput } from '../../src/usage/commands.ts';
import { type UsageRecorded } from '../../src/usage/events.ts';

const clock = { now: () => instant('2025-03-01T00:00:00Z') };
const by = (requestId: string) => ({ actor: 'a', requestId });

const line = (id: string, text = ''): UsageInput => ({
  ...{ transactionId: id, customerId: 'c', eventType: 'e' },
  timestamp: instant('2025-02-01T00:00:00Z'),
  properties: text === '' ? null : { text },
});

const take = (recording: Recording, id: string, text = ''): void =>
  recording.takeInput(line(id, text));

/** A log whose appends wait until they are let through. */
function gated() {
  const inner = memoryLog();
  const waiting: (() => void)[] = [];
  const log: EventLog = {
    ...inner,
    append: async (...append) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return inner.append(...append);
    },
  };
  const lines = async (): Promise<string[][]> =>
    (await inner.readAll()).events.map(({ event }) =>
      (event as UsageRecorded).lines.map(({ transactionId }) => transactionId),
    );
  return { log, lines, waiting, open: () => waiting.splice(0).forEach((go) => go()) };
}

/** Until so many appends wait. */
async function waits(waiting: readonly unknown[], count: number): Promise<void> {
  for (let turns = 0; waiting.length < count && turns < 100; turns += 1) await turn();
  expect(waiting).toHaveLength(count);
}

describe('usage of several requests', () => {
  it('that comes while a batch is written goes together into the next', async () => {
    const { log, lines, waiting, open } = gated();
    const { openRecording } = usageCommands({ log, clock });
    const [first, second, third] = [by('1'), by('2'), by('3')].map((one) => openRecording(one));
    if (!first || !second || !third) throw new Error('three were opened');
    take(first, 'a');
    const answers = [first.finish()];
    await waits(waiting, 1);
    take(second, 'b');
    take(third, 'c');
    take(second, 'd');
    answers.push(second.finish());
    open();
    expect(await answers[0]).toEqual({ accepted: 1, rejected: [], position: 1n });
    await waits(waiting, 1);
    open();
    expect(await answers[1]).toMatchObject({ accepted: 2, position: 2n });
    expect(await third.finish()).toMatchObject({ accepted: 1, position: 2n });
    expect(await lines()).toEqual([['a'], ['b', 'c', 'd']]);
  });

  it('is not acknowledged before it is written', async () => {
    const { log, waiting, open } = gated();
    const recording = usageCommands({ log, clock }).openRecording(by('1'));
    take(recording, 'a');
    let isDone = false;
    const done = recording.finish().then(() => (isDone = true));
    await waits(waiting, 1);
    await turn();
    expect(isDone).toBe(false);
    open();
    await done;
  });

  it('fails for those whose lines could not be written, and for nobody else', async () => {
    const inner = memoryLog();
    let isDown = true;
    const log: EventLog = {
      ...inner,
      append: (...append) =>
        isDown ? Promise.reject(new Error('it is broken')) : inner.append(...append),
    };
    const { openRecording } = usageCommands({ log, clock });
    const lost = openRecording(by('1'));
    take(lost, 'a');
    await expect(lost.finish()).rejects.toThrow('it is broken');
    expect(() => lost.room()).toThrow('it is broken');
    isDown = false;
    const next = openRecording(by('2'));
    take(next, 'b');
    expect(await next.finish()).toMatchObject({ accepted: 1, position: 1n });
  });
});

describe('more usage than the log takes', () => {
  const text = 'x'.repeat(4000);
  const fill = (recording: Recording, bytes: number): void => {
    for (let sent = 0; sent < bytes; sent += text.length) take(recording, String(sent), text);
  };

  it('slows what is under way, and refuses what is new, until it is written', async () => {
    const { log, waiting, open } = gated();
    const { openRecording, recordUsage } = usageCommands({ log, clock });
    const recording = openRecording(by('1'));
    fill(recording, 15_000_000);
    expect(recording.room()).toBeNull();
    fill(recording, 3_000_000);
    const room = recording.room();
    expect(room).not.toBeNull();
    openRecording(by('2'));
    fill(recording, 17_000_000);
    expect(() => openRecording(by('3'))).toThrow(Unavailable);
    await expect(recordUsage([], by('4'))).rejects.toThrow(Unavailable);
    await waits(waiting, 1);
    const written = setInterval(open, 1);
    await room;
    expect(await recording.finish()).toMatchObject({ accepted: 8750 });
    clearInterval(written);
    openRecording(by('5'));
  });

  it('is refused to recordUsage, too, where what folds it is behind', async () => {
    let behind: string | null = 'the read models are behind';
    const { recordUsage } = usageCommands({
      log: memoryLog(),
      clock,
      usageBacklog: { recorded: () => undefined, behind: () => behind },
    });
    await expect(recordUsage([], by('1'))).rejects.toThrow(Unavailable);
    behind = null;
    expect(await recordUsage([], by('1'))).toMatchObject({ position: 0n });
  });
});
