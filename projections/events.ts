import { type DomainEvent, type Recorded } from '../src/kernel/recorded.ts';

/** The recorded events of a union, whose type names are all listed, in their order. */
export const eventsOf = <Event extends DomainEvent>(
  events: readonly Recorded[],
  types: Readonly<Record<Event['type'], true>>,
): readonly Recorded<Event>[] =>
  events.filter((recorded): recorded is Recorded<Event> =>
    Object.hasOwn(types, recorded.event.type),
  );
