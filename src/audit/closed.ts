import { DamagedLog } from '../application/ports.ts';
import { evolveContracts, noContracts, type CustomerContracts } from '../contracts/contract.ts';
import { type ContractEvent, type PeriodClosed } from '../contracts/events.ts';
import { fold } from '../kernel/decider.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';
import { soundEvents, type AuditLog } from './sound.ts';

/** A closed period, and the customer's contracts as they were just before. */
export type Closed = {
  readonly closed: Recorded<PeriodClosed>;
  readonly contracts: CustomerContracts;
  /** The periods of all of them that were closed before, in log order. */
  readonly closings: readonly Recorded<PeriodClosed>[];
  readonly eventsRead: number;
};

export async function readClosed(
  log: Pick<AuditLog, 'readStream'>,
  reference: EventReference,
): Promise<Closed> {
  const { stream, revision } = reference;
  const events = (await soundEvents(
    log,
    stream,
    revision + 1,
  )) as readonly Recorded<ContractEvent>[];
  const closed = events.at(revision);
  if (closed === undefined) throw new DamagedLog(reference);
  if (!isClosing(closed)) throw new DamagedLog(reference, 'is no PeriodClosed');
  const before = events.slice(0, revision);
  const contracts = fold(
    { initial: noContracts, evolve: evolveContracts },
    before.map(({ event }) => event),
  );
  return { closed, contracts, closings: before.filter(isClosing), eventsRead: events.length };
}

/** The period of its contract that was closed before this one. */
export const previousClosing = ({ closed, closings }: Closed): Recorded<PeriodClosed> | undefined =>
  closings.findLast(({ event }) => event.contractId === closed.event.contractId);

const isClosing = (recorded: Recorded<ContractEvent>): recorded is Recorded<PeriodClosed> =>
  recorded.event.type === 'PeriodClosed';
