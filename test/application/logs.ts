import { Unavailable, type EventLog, type NewEvent } from '../../src/application/ports.ts';

type Hook = (stream: string, events: readonly NewEvent[]) => Promise<void> | void;

/** The log, with something that happens just before or after an append. */
export const hooked = (
  log: EventLog,
  { before, after }: { readonly before?: Hook; readonly after?: Hook },
): EventLog => ({
  ...log,
  async append(stream, expected, events) {
    await before?.(stream, events);
    const appended = await log.append(stream, expected, events);
    await after?.(stream, events);
    return appended;
  },
});

export const hasType = (events: readonly NewEvent[], type: string): boolean =>
  events.some(({ event }) => event.type === type);

/** A log whose first answers get lost on the way, after the events were written. */
export function losingAnswers(log: EventLog, count: number): EventLog {
  let left = count;
  return hooked(log, {
    after: () => {
      left -= 1;
      if (left >= 0) throw new Unavailable('the answer got lost');
    },
  });
}

export type Gate = { readonly passed: Promise<void>; open(): void };

export function gate(): Gate {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    passed,
    open: () => {
      open();
    },
  };
}
