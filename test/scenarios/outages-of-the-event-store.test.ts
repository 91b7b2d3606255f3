import { setTimeout as delay } from 'node:timers/promises';
import { startEventStoreDouble, type EventStoreDouble } from '../support/eventstore-double.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { expectReplaysAt } from '../support/replays.ts';
import { times } from '../support/stress.ts';
import { describeOutages, suffer, type Seen } from '../support/suffering.ts';

/** In the long run, longer than any append is tried for. */
const lastsMs = times(1500, 50_000);

type Fault = {
  readonly name: string;
  /** Begins it; returns how it ends. */
  readonly begin: (double: EventStoreDouble) => Promise<() => Promise<void> | void>;
};

const set = (name: string, change: Partial<EventStoreDouble['faults']>): Fault => ({
  name,
  begin: ({ faults }) => {
    const before = { ...faults };
    Object.assign(faults, change);
    return Promise.resolve(() => {
      Object.assign(faults, before);
    });
  },
});

const faults: readonly Fault[] = [
  set('appends come in, and are neither written nor answered', { appends: 'ignore' }),
  set('appends are written, and not answered', { appends: 'lose' }),
  set('every third append is written and not answered', { appends: thirdIs('lose') }),
  set('appends are answered late', { replyDelayMs: 700 }),
  set('reads get no answer', { readsSilent: true }),
  set('subscriptions stall', { subscriptionsStall: true }),
  set('reads are slow', { readDelayMs: 30 }),
  set('the server starts, and takes no appends', { appendError: 'Server Is Not Ready' }),
  {
    name: 'streams of appends end in order',
    begin(double) {
      const ending = setInterval(() => {
        double.endAppends();
      }, 100);
      return Promise.resolve(() => {
        clearInterval(ending);
      });
    },
  },
  {
    name: 'the server is gone, and comes back',
    begin(double) {
      double.kill();
      return Promise.resolve(() => double.start());
    },
  },
  {
    name: 'the server restarts again and again',
    async begin(double) {
      const ending = new AbortController();
      const restarting = (async () => {
        while (!ending.signal.aborted) {
          double.kill();
          await delay(100);
          await double.start();
          await delay(300);
        }
      })();
      return async () => {
        ending.abort();
        await restarting;
      };
    },
  },
];

function thirdIs(fault: 'lose'): EventStoreDouble['faults']['appends'] {
  let count = 0;
  return () => ((count += 1) % 3 === 0 ? fault : 'none');
}

/** A server of its own in mid-traffic as its event store fails, and is well again. */
async function tried({ begin }: Fault): Promise<Seen> {
  const double = await startEventStoreDouble();
  const folder = await temporaryFolder();
  const server = await startHere(folder.path, {
    EVENTSTORE_URL: double.url,
    LOG_LEVEL: 'silent',
  });
  try {
    return await suffer([server], double, async () => {
      const end = await begin(double);
      await delay(lastsMs);
      await end();
    });
  } finally {
    await server.stop();
    await expectReplaysAt(double.url).finally(double.stop);
    await folder.remove();
  }
}

describeOutages(
  'an outage of the event store in mid-traffic',
  faults,
  tried,
  times(120_000, 300_000),
);
