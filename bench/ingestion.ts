import { type Bench, type Run } from './bench.ts';
import { ingestRun, type IngestQuestion } from './ingest.ts';
import { manyCustomers } from './usage.ts';

type Case = Pick<IngestQuestion, 'customers' | 'via'>;

const connections = 8;
const linesPerBatch = 1000;
const warmUpSeconds = 2;
const leastSeconds = 4;

const nameOf = ({ via, customers }: Case): string =>
  `${via === 'ndjson' ? '/ingest' : 'recordUsage'}, customers: ${String(customers)}`;

export const ingestion: Bench = {
  name: 'ingestion',
  about: 'usage over HTTP until it is acknowledged, beside the least that does so',
  async run(lab) {
    const customers = lab.customers ?? manyCustomers;
    const cases: readonly Case[] = [
      { customers, via: 'ndjson' },
      { customers: 1, via: 'ndjson' },
      { customers, via: 'graphql' },
    ];
    lab.note(`batches of ${String(linesPerBatch)} over ${String(connections)} connections`);
    for (const one of cases) {
      const counted: Record<IngestQuestion['server'], number[]> = {
        ...{ paygo: [], smallest: [], apollo: [] },
      };
      const run = async (server: IngestQuestion['server'], via: Case['via']): Promise<Run> => {
        const answer = await ingestRun({
          ...{ ...one, via, server, connections, linesPerBatch, warmUpSeconds },
          ...{ lines: null, toTheDraft: false },
          seconds: Math.max(leastSeconds, lab.seconds ?? 0),
        });
        if (answer.rejected > 0) throw new Error(`${String(answer.rejected)} were rejected`);
        counted[server].push(answer.countedMeanwhile / answer.seconds);
        return answer;
      };
      await lab.compare({
        name: nameOf(one),
        unit: 'usage events',
        ours: { name: 'paygo', run: () => run('paygo', one.via) },
        baseline: { name: 'smallest, lines', run: () => run('smallest', 'ndjson') },
      });
      // The first pair is a warm-up.
      for (const [index, value] of counted.paygo.slice(1).entries()) {
        const name = `counted meanwhile, ${nameOf(one)}`;
        const beside = { name: 'smallest, lines', value: counted.smallest[index + 1] ?? 0 };
        lab.read({ name, unit: 'a second', value, beside });
      }
    }
  },
};
