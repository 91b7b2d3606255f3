import { type PostgresPlace, type Session, type SessionPool } from '../../projections/postgres.ts';
import { type StorePlace } from '../../projections/store.ts';

/** The process was killed: it says and hears nothing more. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** When a process is killed that asks a database: before its n-th point, of which it counts all. */
export type Breakage = {
  /** Before each statement is one, and after each commit. */
  killAt(point: number): void;
  /** How many points have passed since. */
  passed(): number;
};

/** The place as a process sees it that can be killed between any two of its statements. */
export function breakable(place: StorePlace): {
  readonly place: StorePlace;
  readonly breakage: Breakage;
} {
  let points = 0;
  let last = Infinity;
  const isPast = (): boolean => {
    points += 1;
    return points >= last;
  };
  const breakage: Breakage = {
    killAt: (point) => {
      points = 0;
      last = point;
    },
    passed: () => points,
  };
  if ('folder' in place) return { place, breakage };
  const { postgres } = place;
  const pool: PostgresPlace['pool'] = (...wanted) => killable(postgres.pool(...wanted), isPast);
  return { place: { postgres: { ...postgres, pool } }, breakage };
}

const killable = (pool: SessionPool, isPast: () => boolean): SessionPool => ({
  ...pool,
  async connect() {
    const session = await pool.connect();
    let known = sessions.get(session);
    if (known === undefined) {
      known = killableSession(session, isPast);
      sessions.set(session, known);
    }
    return known;
  },
});

/** Kysely tells a new connection by its object. */
const sessions = new WeakMap<Session, Session>();

const killableSession = (session: Session, isPast: () => boolean): Session => ({
  async query(text, parameters) {
    // A server undoes what a killed process left open.
    const die = async (): Promise<never> => {
      await session.query('rollback', []);
      throw new Killed(text);
    };
    if (text === 'rollback') return session.query(text, parameters);
    if (isPast()) return die();
    const answer = await session.query(text, parameters);
    if (text === 'commit' && isPast()) return die();
    return answer;
  },
  release: () => {
    session.release();
  },
});
