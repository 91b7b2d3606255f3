import { type EventLog } from '../application/ports.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { WrongCall, type Call } from './command.ts';
import { eventTypes } from './event-types.ts';

/** Which events are asked for. */
export type Selection = {
  readonly type?: readonly string[];
  /** Positions, inclusive. */
  readonly from?: bigint;
  readonly to?: bigint;
};

/** Which part of the log that is: through its end as it is now, for more may be recorded. */
export type Part = {
  readonly after: bigint;
  readonly through: bigint;
  readonly types: ReadonlySet<string> | null;
};

/** Throws WrongCall. */
export function checkTypes({ type }: Selection): void {
  const stranger = type?.find((name) => !eventTypes.includes(name));
  if (stranger !== undefined) {
    throw new WrongCall(`there are no events of type ${stranger}, but ${eventTypes.join(', ')}`);
  }
}

export async function partOf(
  log: Pick<EventLog, 'head'>,
  { type, from = 1n, to }: Selection,
): Promise<Part> {
  const head = await log.head();
  return {
    after: from > 0n ? from - 1n : 0n,
    through: to === undefined || to > head ? head : to,
    types: type === undefined ? null : new Set(type),
  };
}

/** An event with everything that was recorded with it, as one line of NDJSON holds it. */
export const eventJson = ({ event, metadata, ...recorded }: Recorded): object => {
  const { type, ...data } = event;
  const { position, stream, revision, id } = recorded;
  const { recordedAt } = metadata;
  return { position: String(position), stream, revision, type, id, recordedAt, data, metadata };
};

const linesAtOnce = 100;

/** The same, no faster than what was said is taken, until the call is ended. */
export async function* settled<Thing>(
  { drained, signal }: Call,
  things: AsyncIterable<Thing>,
): AsyncGenerator<Thing, void, undefined> {
  let count = 0;
  for await (const thing of things) {
    signal.throwIfAborted();
    yield thing;
    count += 1;
    if (count % linesAtOnce === 0) await drained?.();
  }
}
