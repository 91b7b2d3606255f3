import { type Bench, type Run } from './bench.ts';
import { ingestRun, type IngestQuestion } from './ingest.ts';

type Case = Pick<IngestQuestion, 'customers' | 'via'>;

const cases: readonly Case[] = [
  { customers: 1000, via: 'ndjson' },
  { customers: 1, via: 'ndjson' },
  { customers: 1000, via: 'graphql' },
];

const connections = 8;
const linesPerBatch = 1000;
const warmUpSeconds = 2;
const leastSeconds = 4;

export const ingestion: Bench = {
  name: 'ingestion',
  about: 'usage over HTTP until it is durable and acknowledged, beside the least that does so',
  async run(lab) {
    lab.note(`batches of ${String(linesPerBatch)} over ${String(connections)} connections`);
    for (const one of cases) {
      const run = async (server: IngestQuestion['server'], via: Case['via']): Promise<Run> => {
        const answer = await ingestRun({
          ...{ ...one, via, server, connections, linesPerBatch, warmUpSeconds },
          seconds: Math.max(leastSeconds, lab.seconds),
        });
        if (answer.rejected > 0) throw new Error(`${String(answer.rejected)} were rejected`);
        return answer;
      };
      await lab.compare({
        name: `${one.via === 'ndjson' ? '/ingest' : 'recordUsage'}, customers: ${String(one.customers)}`,
        unit: 'usage events',
        ours: { name: 'paygo', run: () => run('paygo', one.via) },
        baseline: { name: 'smallest, lines', run: () => run('smallest', 'ndjson') },
      });
    }
  },
};
