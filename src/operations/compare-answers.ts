import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { giveWay } from '../give-way.ts';
import { type EventLog } from '../application/ports.ts';
import { type Instant } from '../kernel/calendar.ts';
import { answersByKind, type Answers } from './answers.ts';
import { buildReadModels, type Building, type BuiltReadModels } from './build-read-models.ts';
import { type Progress } from './progress.ts';

export type Comparison = {
  readonly source: EventLog;
  readonly target: EventLog;
  /** An empty folder for the read models of both. */
  readonly folder: string;
  readonly now: Instant;
  readonly graceHours: number;
  readonly logger: Building['logger'];
  readonly progress: Progress;
};

export type ComparedKind = {
  readonly kind: string;
  /** How many answers are the same. */
  readonly same: number;
  /** The first answer that is not; null: all are the same. */
  readonly difference: string | null;
};

/** Answers what customers may ask from either log, and compares the answers kind by kind. */
export async function* compareAnswers(
  comparison: Comparison,
): AsyncGenerator<ComparedKind, void, undefined> {
  const source = await build(comparison, 'source');
  try {
    const target = await build(comparison, 'target');
    try {
      for (const [kind, answers] of answersByKind) {
        const asked = { now: comparison.now, graceHours: comparison.graceHours };
        const originals = answers({ ...asked, models: source.models });
        const copies = answers({ ...asked, models: target.models });
        comparison.progress.begin(`comparing ${kind}`, null);
        yield { kind, ...(await compareOne(originals, copies, comparison.progress)) };
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function build(
  { folder, logger, progress, ...logs }: Comparison,
  of: 'source' | 'target',
): Promise<BuiltReadModels> {
  const log = logs[of];
  progress.begin(`building the read models of the ${of}`, await log.head());
  return buildReadModels({ log, folder: join(folder, of), logger, progress });
}

async function compareOne(
  originals: Answers,
  copies: Answers,
  progress: Progress,
): Promise<Omit<ComparedKind, 'kind'>> {
  for (let same = 0; ; same += 1) {
    const original = await originals.next();
    const copy = await copies.next();
    if (original.done === true) {
      if (copy.done === true) return { same, difference: null };
      return { same, difference: `${copy.value.name} is of the target alone` };
    }
    const { name, value } = original.value;
    if (copy.done === true || copy.value.name !== name) {
      const instead = copy.done === true ? 'nothing' : copy.value.name;
      return { same, difference: `where the source has ${name}, the target has ${instead}` };
    }
    if (!isDeepStrictEqual(copy.value.value, value)) {
      return { same, difference: `${name} is another in the target` };
    }
    progress.seen(1, null);
    // The files are read without a pause: signals and timers get their turn here.
    await giveWay();
  }
}
