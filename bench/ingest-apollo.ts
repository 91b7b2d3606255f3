import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApolloServer } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import fastify from 'fastify';
import { type ServerQuestion, type ServerState } from './ingest-server.ts';
import { peakBytes } from './process-figures.ts';
import { serve } from './processes.ts';

/** Of the mutation as it is; it does nothing, and what comes to /ingest is read and forgotten. */
const typeDefs = `
  scalar DateTime
  scalar JSONObject
  input UsageEventInput {
    transactionId: ID!
    customerId: String!
    eventType: String!
    timestamp: DateTime!
    properties: JSONObject
  }
  type RejectedUsageEvent { index: Int! }
  type RecordUsagePayload { accepted: Int! rejected: [RejectedUsageEvent!]! }
  type Mutation { recordUsage(events: [UsageEventInput!]!): RecordUsagePayload }
  type Query { nothing: Int }
`;

let taken = 0;

const accept = (lines: number) => {
  taken += lines;
  return { accepted: lines, rejected: [] };
};

const resolvers = {
  Mutation: {
    recordUsage: (_root: unknown, { events }: { events: readonly unknown[] }) =>
      accept(events.length),
  },
};

const newLine = 10;

async function open() {
  const app = fastify();
  const apollo = new ApolloServer({
    ...{ typeDefs, resolvers },
    plugins: [fastifyApolloDrainPlugin(app)],
  });
  await apollo.start();
  await app.register(fastifyApollo(apollo), { path: '/graphql', method: ['POST'] });
  app.addContentTypeParser('application/x-ndjson', (_request, payload, done) => {
    let lines = 0;
    payload.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(newLine); at >= 0; at = chunk.indexOf(newLine, at + 1)) {
        lines += 1;
      }
    });
    payload.on('end', () => {
      done(null, lines);
    });
  });
  app.post<{ Body: number }>('/ingest', (request) => accept(request.body));
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), apollo };
}

const opening = open();
const folder = mkdtempSync(join(tmpdir(), 'paygo-bench-'));

serve(
  async (_question: ServerQuestion): Promise<ServerState> => {
    const { url } = await opening;
    const { user, system } = process.cpuUsage();
    return {
      ...{ url, folder },
      cpuSeconds: (user + system) / 1e6,
      peakBytes: peakBytes('self') ?? process.memoryUsage.rss(),
      counted: taken,
      sum: '0',
      bytes: 0,
    };
  },
  async () => {
    await (await opening).apollo.stop();
    rmSync(folder, { recursive: true });
  },
);
