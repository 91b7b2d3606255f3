import { describe, expect, it } from 'vitest';
import { openClock, WrongClock } from '../../src/application/clock.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { createEngine } from '../../src/application/create-engine.ts';
import { caller, customerAsked, done, eventCount, idleBilling, month, october } from './engine.ts';

describe('a test clock', () => {
  it('starts where it is told, and says so in the log', async () => {
    const log = memoryLog();
    const clock = await openClock(log, october);
    expect([clock.now(), clock.isTestClock]).toEqual([october, true]);
    expect((await log.readStream('clock')).map(({ event }) => event)).toEqual([
      { type: 'TestClockAdvanced', to: october },
    ]);
  });

  it('goes on where it stood, whatever it is told at a restart', async () => {
    const log = memoryLog();
    await (await openClock(log, october)).advance(month(2), caller);
    const restarted = await openClock(log, october);
    expect(restarted.now()).toBe(month(2));
    await restarted.advance(month(3), caller);
    expect((await openClock(log, month(9))).now()).toBe(month(3));
    expect(await eventCount(log)).toBe(3);
  });

  it('does not go back, and standing still is no news', async () => {
    const log = memoryLog();
    const clock = await openClock(log, month(1));
    expect(await clock.advance(october, caller)).toMatchObject({
      refused: { reason: 'clock_going_back', field: ['to'] },
    });
    expect(await clock.advance(month(1), caller)).toMatchObject({ changed: false });
    expect([clock.now(), await eventCount(log)]).toEqual([month(1), 1]);
  });

  it('does not go behind what another process has made of it', async () => {
    const log = memoryLog();
    const [one, two] = [await openClock(log, october), await openClock(log, october)];
    await one.advance(month(3), caller);
    expect(await two.advance(month(2), caller)).toMatchObject({
      refused: { reason: 'clock_going_back' },
    });
  });

  it('is where any process has moved it, once it is looked at again', async () => {
    const log = memoryLog();
    const [one, two] = [await openClock(log, october), await openClock(log, october)];
    await one.advance(month(3), caller);
    expect(two.now()).toBe(october);
    await two.refresh();
    expect(two.now()).toBe(month(3));
  });

  it('is started once by processes that start together', async () => {
    const log = memoryLog();
    const clocks = await Promise.all(
      [month(0), month(1), month(2)].map((start) => openClock(log, start)),
    );
    expect(await eventCount(log)).toBe(1);
    expect(new Set(clocks.map((clock) => clock.now())).size).toBe(1);
  });

  it('is stamped on what is recorded', async () => {
    const log = memoryLog();
    const clock = await openClock(log, october);
    const { engine } = createEngine({ log, clock, billing: idleBilling, graceHours: 24 });
    await done(engine.advanceTestClock({ to: month(5) }, caller));
    await done(engine.createCustomer(customerAsked(), caller));
    const created = (await log.readAll()).events.at(-1);
    expect(created?.metadata.recordedAt).toBe(month(5));
    expect(created?.event).toMatchObject({ type: 'CustomerCreated', createdAt: month(5) });
    expect(await engine.advanceTestClock({ to: month(4) }, caller)).toMatchObject({
      refused: { reason: 'clock_going_back', field: ['to'] },
    });
  });
});

describe('a log', () => {
  it('of a test clock is not opened under the real one', async () => {
    const log = memoryLog();
    await openClock(log, october);
    await expect(openClock(log, null)).rejects.toThrow(WrongClock);
  });

  it('of the real clock is not opened under a test clock', async () => {
    const log = memoryLog();
    const clock = await openClock(log, null);
    const { engine } = createEngine({ log, clock, billing: idleBilling, graceHours: 24 });
    await done(engine.createCustomer(customerAsked(), caller));
    await expect(openClock(log, october)).rejects.toThrow(WrongClock);
    expect((await openClock(log, null)).isTestClock).toBe(false);
  });

  it('of the real clock cannot be moved through time', async () => {
    const log = memoryLog();
    const clock = await openClock(log, null);
    const { engine } = createEngine({ log, clock, billing: idleBilling, graceHours: 24 });
    expect(await engine.advanceTestClock({ to: month(5) }, caller)).toMatchObject({
      refused: { reason: 'no_test_clock' },
    });
    expect(await eventCount(log)).toBe(0);
  });
});
