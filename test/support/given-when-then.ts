import { expect } from 'vitest';
import { fold, isRefused, type Decider, type Decision } from '../../src/kernel/decider.ts';

type Field = readonly (string | number)[];

/** What a test may say of a command's decision. */
type Then<Event> = {
  /** It was accepted with exactly these events. */
  then(...expected: readonly Event[]): void;
  /** It was refused with that reason, and at that field when one is given. */
  thenRefused(reason: string, field?: Field): void;
  /** It was accepted and has nothing to say: what it wishes for is so already. */
  thenNothing(): void;
};

/**
 * A decider after these events; `when` gives it a command. Behind every decision it is checked that
 * nothing handed in was changed, and behind every accepted one that its events survive JSON and
 * that the same command again yields no events.
 */
export const given = <Command, State, Event, Reason extends string>(
  decider: Decider<Command, State, Event, Reason>,
  history: readonly Event[] = [],
): { when(command: Command): Then<Event> } => ({
  when(command) {
    const decision = decideChecked(decider, history, command);
    return {
      then(...expected) {
        expect(decision).toStrictEqual({ events: expected });
      },
      thenRefused(reason, field) {
        expect(decision).toHaveProperty('refused.reason', reason);
        if (field !== undefined) expect(decision).toHaveProperty('refused.field', field);
      },
      thenNothing() {
        expect(decision).toStrictEqual({ events: [] });
      },
    };
  },
});

/** The decision on a command after these events, checked as `given` says. */
export function decideChecked<Command, State, Event, Reason extends string>(
  decider: Decider<Command, State, Event, Reason>,
  history: readonly Event[],
  command: Command,
): Decision<Event, Reason> {
  deepFreeze(command);
  const state = foldFrozen(decider, deepFreeze(decider.initial), history);
  const decision = decider.decide(command, state);
  if (isRefused(decision)) return decision;
  const stored: unknown = JSON.parse(JSON.stringify(decision.events));
  expect(stored, 'the events survive JSON').toStrictEqual(decision.events);
  const after = foldFrozen(decider, state, decision.events);
  expect(decider.decide(command, after), 'the same command again').toStrictEqual({ events: [] });
  return decision;
}

function foldFrozen<State, Event>(
  { evolve }: Pick<Decider<never, State, Event, string>, 'evolve'>,
  from: State,
  events: readonly Event[],
): State {
  const frozen = (state: State, event: Event): State =>
    deepFreeze(evolve(state, deepFreeze(event)));
  return fold({ initial: from, evolve: frozen }, events);
}

/** Makes every later change of the value, or of anything in it, throw. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const [key, entry] of value.entries()) {
      deepFreeze(key);
      deepFreeze(entry);
    }
    for (const change of ['set', 'add', 'delete', 'clear']) {
      Object.defineProperty(value, change, { value: refuseChange });
    }
  }
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

function refuseChange(): never {
  throw new TypeError('a map or set that was handed in must not be changed');
}
