import { type Lab, type Run } from './bench.ts';
import { type ClientQuestion, type Task, type Via } from './eventstore-client.ts';
import { type Contents, type DoubleAnswer, type DoubleQuestion } from './eventstore-double.ts';
import { startWorker, type Worker } from './processes.ts';

type Case = {
  readonly name: string;
  readonly unit: string;
  readonly task: Task;
  /** What the server holds; a task that appends starts on a server of its own each time. */
  readonly contents?: Contents;
};

export const startDouble = (): Worker<DoubleQuestion, DoubleAnswer> =>
  startWorker(new URL('./eventstore-double.ts', import.meta.url));

const startClient = (): Worker<ClientQuestion, Run> =>
  startWorker(new URL('./eventstore-client.ts', import.meta.url));

/**
 * The adapter beside the bare client, each in a process of its own, on a server in a third: the
 * double of the tests, which flushes nothing and so lets the clients' own cost be seen.
 */
export async function besideTheClient(lab: Lab, cases: readonly Case[]): Promise<void> {
  const double = startDouble();
  const clients = { adapter: startClient(), client: startClient() };
  try {
    for (const { name, unit, task, contents } of cases) {
      if (contents !== undefined) {
        await double.ask({ do: 'start' });
        await double.ask({ do: 'prepare', contents });
      }
      const run = async (via: Via): Promise<Run> => {
        const { url } = await double.ask({ do: contents === undefined ? 'start' : 'add' });
        return clients[via].ask({ url, via, task });
      };
      await lab.compare({
        name,
        unit,
        ours: { name: 'adapter', run: () => run('adapter') },
        baseline: { name: 'bare client', run: () => run('client') },
      });
    }
  } finally {
    await Promise.all([double, clients.adapter, clients.client].map((one) => one.stop()));
  }
}
