import { setMaxListeners } from 'node:events';
import { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { type ReadReq, type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
  type CallOptions,
  type Channel,
  type ClientReadableStream,
  type Metadata,
} from '@grpc/grpc-js';
import { Unavailable } from '../application/ports.ts';
import { createBatches, type Batches, type BatchStream } from './eventstoredb-batches.ts';

/** A read or a subscription under way; it has to be cancelled, or it stays open on the server. */
export type ReadCall = ClientReadableStream<ReadResp>;

/**
 * The client's connection with the server: how it finds the node, and goes to another. What travels
 * is read and written here: see eventstoredb-batches.ts for appends; its reads and subscriptions
 * parse everything, and cost a third more.
 */
export type Connection = {
  /** The one stream on which this process appends through it. */
  readonly batches: Batches;
  read(request: ReadReq): Promise<ReadCall>;
  /** Aborts when the connection is given up: what hangs on it should move to the next. */
  readonly retired: AbortSignal;
};

export type Connections = {
  /** Throws Unavailable once closed. */
  current(): Connection;
  /** Runs on the current connection, which stays open until it is done. */
  use<Result>(action: (connection: Connection) => Promise<Result>): Promise<Result>;
  /** The connection gives no answers any more: the next call makes a new one. */
  retire(connection: Connection): void;
  /** Ends when all that runs is done. */
  close(): Promise<void>;
};

type Opened = Connection & {
  readonly client: EventStoreDBClient;
  readonly retirement: AbortController;
  uses: number;
};

/** What the client keeps to itself, and its own calls are made of. */
type Internals = {
  GRPCStreamCreator<Call>(
    constructor: typeof StreamsClient,
    name: string,
    create: (client: StreamsClient) => Call,
  ): () => Promise<Call>;
  callArguments(options: object, callOptions: CallOptions): [Metadata, CallOptions];
  getChannel(): Promise<Channel>;
};

const disposalMs = 1000;

export function createConnections(url: string): Connections {
  // Throws here, at start, when the address makes no sense.
  let current: Opened | undefined = open(url);
  const ending = new Set<Promise<void>>();
  const idle = new Set<() => void>();
  let running = 0;
  let closed = false;

  function connection(): Opened {
    if (closed) throw new Unavailable('the event log is closed');
    current ??= open(url);
    return current;
  }

  function disposeWhenUnused(connection: Opened): void {
    if (connection.uses > 0 || !connection.retired.aborted) return;
    const disposal = dispose(connection).finally(() => ending.delete(disposal));
    ending.add(disposal);
  }

  function retire(connection: Opened): void {
    if (connection.retired.aborted) return;
    if (current === connection) current = undefined;
    connection.retirement.abort();
    disposeWhenUnused(connection);
  }

  return {
    current: connection,
    async use(action) {
      const used = connection();
      used.uses += 1;
      running += 1;
      try {
        return await action(used);
      } finally {
        used.uses -= 1;
        running -= 1;
        disposeWhenUnused(used);
        if (running === 0) for (const wake of idle) wake();
      }
    },
    retire: (connection) => {
      retire(connection as Opened);
    },
    async close() {
      closed = true;
      if (running > 0) await new Promise<void>((resolve) => idle.add(resolve));
      if (current !== undefined) retire(current);
      await Promise.all(ending);
    },
  };
}

function createClient(url: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(url);
  } catch {
    // The client's own words quote the address, and so the password in it.
    throw new RangeError(
      'the address of the event store is not of the form esdb://host:port or esdb://user:password@host:port?tls=true',
    );
  }
}

function open(url: string): Opened {
  const client = createClient(url);
  const internals = client as unknown as Internals;
  const retirement = new AbortController();
  // Each subscription listens.
  setMaxListeners(0, retirement.signal);
  const callArguments = () => internals.callArguments({}, { deadline: Infinity });
  const openStream = internals.GRPCStreamCreator(StreamsClient, 'append', (streams): BatchStream =>
    streams.batchAppend(...callArguments()),
  );
  const read = (request: ReadReq): Promise<ReadCall> =>
    internals.GRPCStreamCreator(StreamsClient, 'read', (streams) =>
      streams.read(request, ...callArguments()),
    )();
  const batches = createBatches(openStream);
  return { client, batches, read, retirement, retired: retirement.signal, uses: 0 };
}

async function dispose({ client, batches }: Opened): Promise<void> {
  batches.close();
  const waited = new Promise((resolve) => setTimeout(resolve, disposalMs).unref());
  await Promise.race([client.dispose(), waited]);
  // The client's own dispose leaves its channel open.
  const channel = (client as unknown as Internals).getChannel().then(
    (open) => {
      open.close();
    },
    () => undefined,
  );
  await Promise.race([channel, waited]);
}
