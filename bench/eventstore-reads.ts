import { type Bench } from './bench.ts';
import { type Reading } from './eventstore-client.ts';
import { besideTheClient } from './eventstore.ts';

const small = { usageEvents: 50_000, linesPerEvent: 1 };
const packed = { usageEvents: 500_000, linesPerEvent: 100 };

const ways: readonly { readonly name: string; readonly how: Reading['how'] }[] = [
  { name: 'read all', how: 'read' },
  { name: 'subscribe to all', how: 'subscribe' },
  { name: 'subscribe to some streams', how: 'subscribe to streams' },
];

export const eventStoreReads: Bench = {
  name: 'eventstore-reads',
  about: 'reading from and subscribing to EventStoreDB, beside the bare client',
  run: (lab) =>
    besideTheClient(
      lab,
      [small, packed].flatMap((contents) =>
        ways.map(({ name, how }) => ({
          name: `${name}, ${String(contents.linesPerEvent)} usage line(s) an event`,
          unit: 'events',
          task: { read: { events: contents.usageEvents / contents.linesPerEvent, how } },
          contents,
        })),
      ),
    ),
};
