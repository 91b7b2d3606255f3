import { type Bench, type Run } from './bench.ts';
import { ingestRun, type IngestQuestion, type IngestRun } from './ingest.ts';

type Case = Pick<IngestQuestion, 'customers' | 'via' | 'toTheDraft'>;

const cases: readonly Case[] = [
  { customers: 1000, via: 'ndjson' },
  { customers: 1, via: 'ndjson' },
  { customers: 1000, via: 'graphql' },
  { customers: 1000, via: 'ndjson', toTheDraft: true },
];

const connections = 8;
const linesPerBatch = 1000;
const warmUpSeconds = 2;
const leastSeconds = 4;

const nameOf = ({ via, customers, toTheDraft = false }: Case): string =>
  `${via === 'ndjson' ? '/ingest' : 'recordUsage'}${toTheDraft ? ' to the draft' : ''}, customers: ${String(customers)}`;

const sizesOf = (server: string, { rssBytes, bytes, counted }: IngestRun): string => {
  const memory = `${String(Math.round(rssBytes / 2 ** 20))} MiB of memory`;
  return `${server}: ${memory}, ${String(Math.round(bytes / counted))} bytes on disk each of ${String(counted)}`;
};

export const ingestion: Bench = {
  name: 'ingestion',
  about: 'usage over HTTP until it is acknowledged, or counted, beside the least that does so',
  async run(lab) {
    lab.note(`batches of ${String(linesPerBatch)} over ${String(connections)} connections`);
    for (const one of cases) {
      const run = async (server: IngestQuestion['server'], via: Case['via']): Promise<Run> => {
        const answer = await ingestRun({
          ...{ ...one, via, server, connections, linesPerBatch, warmUpSeconds },
          seconds: Math.max(leastSeconds, lab.seconds),
        });
        if (answer.rejected > 0) throw new Error(`${String(answer.rejected)} were rejected`);
        if (one.toTheDraft === true) lab.note(sizesOf(server, answer));
        return answer;
      };
      await lab.compare({
        name: nameOf(one),
        unit: 'usage events',
        ours: { name: 'paygo', run: () => run('paygo', one.via) },
        baseline: { name: 'smallest, lines', run: () => run('smallest', 'ndjson') },
      });
    }
  },
};
