/**
 * Why a command was refused: a word of a closed list, the input field at fault, and what names it
 * to a person.
 */
export type Refusal<Reason extends string = string> = {
  readonly reason: Reason;
  readonly field?: readonly (string | number)[];
  readonly detail?: string;
};

export type Accepted<Event> = { readonly events: readonly Event[] };
export type Refused<Reason extends string> = { readonly refused: Refusal<Reason> };
export type Decision<Event, Reason extends string> = Accepted<Event> | Refused<Reason>;

/**
 * What one stream may come to say. Pure: the clock, ids and facts of other streams come inside the
 * command. The same wish again yields no events; refusals stand in order of precedence.
 */
export type Decider<Command, State, Event, Reason extends string> = {
  readonly initial: State;
  decide(command: Command, state: State): Decision<Event, Reason>;
  evolve(state: State, event: Event): State;
};

export const accept = <Event>(...events: readonly Event[]): Accepted<Event> => ({ events });

export const refuse = <Reason extends string>(
  reason: Reason,
  field?: readonly (string | number)[],
  detail?: string,
): Refused<Reason> => ({
  refused: {
    reason,
    ...(field === undefined ? {} : { field }),
    ...(detail === undefined ? {} : { detail }),
  },
});

export const isRefused = <Event, Reason extends string>(
  decision: Decision<Event, Reason>,
): decision is Refused<Reason> => 'refused' in decision;

export const fold = <State, Event>(
  { initial, evolve }: Pick<Decider<never, State, Event, string>, 'initial' | 'evolve'>,
  events: Iterable<Event>,
): State => {
  let state = initial;
  for (const event of events) state = evolve(state, event);
  return state;
};
