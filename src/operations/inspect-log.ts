import { giveWay } from '../give-way.ts';
import { type EventLog, type LogFault } from '../application/ports.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { createClosingChecks } from './closing-faults.ts';
import { createRevisionChecks, eventFault } from './event-faults.ts';
import { type Progress } from './progress.ts';

/** A log is not as it was written: where, and in words that follow the place. */
export type Fault = {
  readonly stream: string | null;
  readonly revision: number | null;
  readonly position: string | null;
  /** null: it is of no invoice. */
  readonly invoiceId: string | null;
  readonly fault: string;
};

export type Inspected = {
  /** The first of them. */
  readonly faults: readonly Fault[];
  readonly faultsInAll: number;
  /** At the log's end, where they may still come: faults without being any. */
  readonly unfinished: readonly Fault[];
  /** Which clocks that differ explain, or somebody who has changed it. */
  readonly recordedLate: { readonly events: number; readonly first: Fault | null };
  /** Every invoice that has a stream, in log order. */
  readonly invoiceIds: readonly string[];
};

export type Inspection = {
  /** The next event of the log, all of which are to be seen. */
  readonly see: (recorded: Recorded) => void;
  /** What a log has against it that is seen without its events. */
  add(faults: readonly LogFault[]): void;
  end(): Inspected;
};

const mostFaults = 1000;
const hourMs = 3_600_000;
/** Who bills publishes what is closed before anything else; later than that, nobody bills. */
const unfinishedHours = 24;
/** So much may the clocks of processes differ. */
const clocksMs = 60_000;

/** isWatched: the log itself tells where revisions are not in order. */
export function createInspection({ isWatched }: { readonly isWatched: boolean }): Inspection {
  const faults: Fault[] = [];
  let faultsInAll = 0;
  const tell = (fault: Fault): void => {
    faultsInAll += 1;
    if (faults.length < mostFaults) faults.push(fault);
  };
  const revisionFault = createRevisionChecks();
  const closings = createClosingChecks((at, invoiceId, fault) => {
    tell({ ...placeOf(at), invoiceId, fault });
  });
  const times = createTimes();

  function end(): Inspected {
    const unfinished: Fault[] = [];
    for (const { at, invoiceId, awaits, since } of closings.unfinished()) {
      const hours = (times.latestMs() - Date.parse(since)) / hourMs;
      const place = { ...placeOf(at), invoiceId };
      if (hours <= unfinishedHours) unfinished.push({ ...place, fault: `is not ${awaits} yet` });
      else {
        const goesOn = `but the log goes on for ${String(Math.floor(hours))} hours`;
        tell({ ...place, fault: `is not ${awaits}, ${goesOn}` });
      }
    }
    const { events, first } = times.late();
    return {
      ...{ faults, faultsInAll, unfinished },
      recordedLate: { events, first },
      invoiceIds: closings.invoiceIds(),
    };
  }

  return {
    see(recorded) {
      const disorder = isWatched ? null : revisionFault(recorded);
      if (disorder !== null) tell({ ...placeOf(recorded), invoiceId: null, ...disorder });
      const fault = eventFault(recorded);
      if (fault !== null) tell({ ...placeOf(recorded), invoiceId: null, fault });
      if (fault === null) times.see(recorded);
      // What stands in a wrong place, or cannot be read, is told once.
      if (fault === null || recorded.stored?.type === 'InvoiceFinalized') closings.see(recorded);
    },
    add(found) {
      for (const { position, ...fault } of found) {
        tell({ ...fault, position: position === null ? null : String(position), invoiceId: null });
      }
    },
    end,
  };
}

const placeOf = ({ stream, revision, position }: Recorded) => ({
  ...{ stream, revision },
  position: String(position),
});

/** Looks at when events were recorded, which the order of the log mostly follows. */
function createTimes() {
  let latest = '';
  let latestMs = 0;
  let events = 0;
  let first: Fault | null = null;
  return {
    see(recorded: Recorded): void {
      const { recordedAt } = recorded.metadata;
      if (recordedAt >= latest) {
        latest = recordedAt;
        latestMs = Date.parse(recordedAt);
      } else if (latestMs - Date.parse(recordedAt) > clocksMs) {
        const fault = `says that it was recorded at ${recordedAt}, behind one of ${latest}`;
        first ??= { ...placeOf(recorded), invoiceId: null, fault };
        events += 1;
      }
    },
    latestMs: () => latestMs,
    late: () => ({ events, first }),
  };
}

export type Reading = {
  readonly progress: Pick<Progress, 'begin' | 'seen'>;
  readonly signal: AbortSignal;
};

const pageSize = 64;

/** Shows every event to `see`, with its stored texts, to where the log ends now. */
export async function readThrough(
  log: Pick<EventLog, 'readAll' | 'head'>,
  { progress, signal }: Reading,
  see: (recorded: Recorded) => void,
): Promise<void> {
  const end = await log.head();
  progress.begin('reading the log', end);
  for (let after = 0n; after < end;) {
    signal.throwIfAborted();
    const page = await log.readAll({ after, maxCount: pageSize, stored: true });
    for (const recorded of page.events) see(recorded);
    progress.seen(page.events.length, page.through);
    after = page.through;
    // A log in this process answers at once: signals and timers wait for a pause.
    await giveWay();
  }
}

/** Adds what the log has against itself. */
export async function addFaults(
  log: Pick<EventLog, 'faults'>,
  inspection: Pick<Inspection, 'add'>,
  { signal }: Pick<Reading, 'signal'>,
): Promise<void> {
  for (const found of log.faults?.() ?? []) {
    inspection.add(found);
    await giveWay();
    signal.throwIfAborted();
  }
}
