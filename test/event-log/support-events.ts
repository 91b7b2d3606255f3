import { type NewEvent } from '../../src/application/ports.ts';
import { type DomainEvent, type Metadata } from '../../src/kernel/recorded.ts';

export const metadata: Metadata = {
  version: 1,
  actor: 'local',
  requestIds: ['req-1', 'req-2'],
  recordedAt: '2024-10-01T00:00:00.000Z',
};

/** A made-up event with this data, in which the id stands, too. */
export const event = (id: string, data: Readonly<Record<string, unknown>> = {}): NewEvent => ({
  id,
  event: happened({ ...data, note: `of ${id}` }),
  metadata,
});

export const events = (...ids: readonly string[]): readonly NewEvent[] =>
  ids.map((id) => event(id));

export const happened = (data: Readonly<Record<string, unknown>>): DomainEvent => ({
  ...data,
  type: 'SomethingHappened',
});

export const ids = (recorded: readonly { readonly id: string }[]): readonly string[] =>
  recorded.map(({ id }) => id);
