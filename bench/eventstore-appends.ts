import { type Bench } from './bench.ts';
import { besideTheClient } from './eventstore.ts';

const small = [
  { concurrency: 1, eventsPerAppend: 1 },
  { concurrency: 32, eventsPerAppend: 1 },
  { concurrency: 256, eventsPerAppend: 1 },
  { concurrency: 32, eventsPerAppend: 20 },
  { concurrency: 16, eventsPerAppend: 100 },
];

export const eventStoreAppends: Bench = {
  name: 'eventstore-appends',
  about: 'appending to EventStoreDB, beside the bare client (@eventstore/db-client)',
  run: (lab) =>
    besideTheClient(lab, [
      ...small.map(({ concurrency, eventsPerAppend }) => ({
        name: `${String(concurrency)} at a time, ${String(eventsPerAppend)} event(s) each`,
        unit: 'events',
        task: {
          append: { concurrency, eventsPerAppend, linesPerEvent: 1, seconds: lab.seconds ?? 1 },
        },
      })),
      {
        name: '16 at a time, 1 event of 100 usage lines each',
        unit: 'usage lines',
        task: {
          append: {
            concurrency: 16,
            eventsPerAppend: 1,
            linesPerEvent: 100,
            seconds: lab.seconds ?? 1,
          },
        },
      },
    ]),
};
