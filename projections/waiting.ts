import { TimedOut } from '../src/application/ports.ts';

/** Where callers wait for a store to reach a position. */
export type WaitingRoom = {
  /** null: as long as it takes. */
  wait(position: bigint, timeoutMs: number | null): Promise<void>;
  reached(position: bigint): void;
  /** Whether somebody waits who will not wait for ever. */
  isUrgent(): boolean;
  /** Rejects those who wait, and those who come later unless their position was reached. */
  close(reason: Error): void;
};

type Waiter = {
  readonly position: bigint;
  readonly timeoutMs: number | null;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
};

/** onWait: called whenever somebody begins to wait. */
export function openWaitingRoom(
  name: string,
  from: bigint,
  onWait: () => void = () => undefined,
): WaitingRoom {
  const waiters = new Set<Waiter>();
  let at = from;
  let closed: Error | null = null;

  return {
    wait(position, timeoutMs) {
      if (position <= at) return Promise.resolve();
      if (closed !== null) return Promise.reject(closed);
      return new Promise((resolve, reject) => {
        const timeout = timeoutMs === null ? undefined : setTimeout(giveUp, timeoutMs);
        const done = (): void => {
          clearTimeout(timeout);
          waiters.delete(waiter);
        };
        const waiter: Waiter = {
          position,
          timeoutMs,
          resolve: () => {
            done();
            resolve();
          },
          reject: (reason) => {
            done();
            reject(reason);
          },
        };
        function giveUp(): void {
          const where = `${name} stands at ${String(at)}, not yet at ${String(position)}`;
          waiter.reject(new TimedOut(`${where}, after ${String(timeoutMs)} ms`));
        }
        waiters.add(waiter);
        onWait();
      });
    },
    reached(position) {
      at = position;
      for (const waiter of waiters) if (waiter.position <= at) waiter.resolve();
    },
    isUrgent: () => [...waiters].some(({ timeoutMs }) => timeoutMs !== null),
    close(reason) {
      closed = reason;
      for (const waiter of waiters) waiter.reject(reason);
    },
  };
}
