import { ApolloServer } from '@apollo/server';
import { buildSchema } from 'graphql';
import { pino, type Logger } from 'pino';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type RequestCaller } from '../../src/http/auth.ts';
import { type Health } from '../../src/http/health.ts';
import { type OpenRecording } from '../../src/http/ingest.ts';
import { buildServer } from '../../src/http/server.ts';
import { type Webhooks } from '../../src/http/webhooks.ts';

type TinyContext = { readonly caller: RequestCaller };

const schema = buildSchema(`
  scalar Json
  type Caller { actor: String!  role: String!  customerId: String  requestId: String! }
  type Query { me: Caller  echo(value: Json): String  slow: String }
  type Mutation { note(text: String!): String }
`);

const rootValue = {
  me: (_args: unknown, { caller }: TinyContext) => caller,
  echo: ({ value }: { value: unknown }) => JSON.stringify(value),
  note: ({ text }: { text: string }) => text,
  slow: () => new Promise((resolve) => setTimeout(resolve, 300, 'done')),
};

export type TinyServer = {
  readonly url: string;
  /** The lines logged so far. */
  readonly log: () => readonly Readonly<Record<string, unknown>>[];
  readonly close: () => Promise<void>;
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Response>;
  query(query: string, variables?: object, headers?: Record<string, string>): Promise<unknown>;
};

/** The real server around a schema of a few fields, on a free port, stopped after the test. */
export async function tinyServer(
  options: {
    readonly tokens?: string;
    readonly health?: () => Health;
    readonly context?: (caller: RequestCaller) => TinyContext;
    readonly openRecording?: OpenRecording;
    readonly webhooks?: (logger: Logger) => Webhooks;
  } = {},
): Promise<TinyServer> {
  const lines: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const server = await buildServer<TinyContext>({
    config: loadConfig({
      PORT: '0',
      ...(options.tokens === undefined ? {} : { PAYGO_API_TOKENS: options.tokens }),
    }),
    api: {
      apollo: new ApolloServer<TinyContext>({ schema, rootValue, stopOnTerminationSignals: false }),
      context: options.context ?? ((caller) => ({ caller })),
      ...(options.openRecording === undefined ? {} : { openRecording: options.openRecording }),
      webhooks: options.webhooks?.(logger) ?? null,
    },
    health: options.health ?? (() => ({ status: 'ok' })),
    logger,
  });
  const url = await server.listen();
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= server.close());
  onTestFinished(close);

  const post: TinyServer['post'] = (body, headers = {}) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  return {
    url,
    log: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    close,
    post,
    query: async (query, variables, headers) =>
      (await post(JSON.stringify({ query, variables }), headers)).json(),
  };
}
