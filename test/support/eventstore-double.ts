import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import {
  ServerFeaturesService,
  type IServerFeaturesServer,
} from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import {
  StreamsService,
  type IStreamsServer,
} from '@eventstore/db-client/generated/streams_grpc_pb.js';
import gossip, {
  type ClusterInfo,
  type MemberInfo,
} from '@eventstore/db-client/generated/gossip_pb.js';
import {
  GossipService,
  type IGossipServer,
} from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { append, batchAppend, nameOf, type BatchCall } from './eventstore-double-appends.ts';
import { noFaults, notLeader, type Faults } from './eventstore-double-faults.ts';
import { read } from './eventstore-double-reads.ts';
import { createDoubleStore, type DoubleStore } from './eventstore-double-store.ts';

/**
 * A server that speaks EventStoreDB's protocol and keeps all in memory: for what an adapter does on
 * the wire, not for what a disk or a cluster does.
 */
export type EventStoreDouble = {
  readonly url: string;
  readonly port: number;
  readonly store: DoubleStore;
  readonly faults: Faults;
  /** How many events it has sent to those who read and subscribe. */
  readonly sent: { events: number };
  /** Ends the streams of appends as a server that goes down in order; others come after. */
  endAppends(): void;
  /** Breaks all connections at once and listens no more; what it holds stays. */
  kill(): void;
  /** Listens again, on the same port. */
  start(): Promise<void>;
  readonly stop: () => void;
};

export type DoubleOptions = {
  /** What it holds; two that share it are two nodes. */
  readonly store?: DoubleStore;
  readonly maxConcurrentStreams?: number;
  /** Whether it takes appends over one stream, as servers do from 21.10. */
  readonly batchAppend?: boolean;
};

export async function startEventStoreDouble(
  options: DoubleOptions = {},
): Promise<EventStoreDouble> {
  const store = options.store ?? createDoubleStore();
  const faults = noFaults();
  const sent = { events: 0 };
  const batches = new Set<BatchCall>();
  let server: Server | undefined;
  let port = 0;

  async function start(): Promise<void> {
    const starting = new Server(serverOptions(options));
    addServices(starting, { store, faults, sent }, batches, options.batchAppend ?? true);
    starting.addService(GossipService, { ...gossipOf(() => port) });
    port = await new Promise<number>((resolve, reject) => {
      const address = `127.0.0.1:${String(port)}`;
      starting.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    server = starting;
  }

  function kill(): void {
    server?.forceShutdown();
    server = undefined;
    batches.clear();
    store.forgetRecent();
  }

  await start();
  return {
    url: `esdb://127.0.0.1:${String(port)}?tls=false`,
    port,
    store,
    faults,
    sent,
    endAppends() {
      for (const call of batches) call.end();
      batches.clear();
    },
    kill,
    start,
    stop: kill,
  };
}

const serverOptions = ({ maxConcurrentStreams }: DoubleOptions): ServerOptions => ({
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  ...(maxConcurrentStreams === undefined
    ? {}
    : { 'grpc.max_concurrent_streams': maxConcurrentStreams }),
});

function addServices(
  server: Server,
  served: Served,
  batches: Set<BatchCall>,
  batching: boolean,
): void {
  const asked: Pick<IServerFeaturesServer, 'getSupportedMethods'> = {
    getSupportedMethods(_call, callback) {
      const methods = new features.SupportedMethods().setEventStoreServerVersion('24.10.0');
      for (const name of ['read', 'append', 'delete', ...(batching ? ['batchappend'] : [])]) {
        methods.addMethods(
          new features.SupportedMethod()
            .setServiceName('event_store.client.streams.streams')
            .setMethodName(name),
        );
      }
      callback(null, methods);
    },
  };
  const calls: Pick<IStreamsServer, 'read' | 'append' | 'batchAppend' | 'delete'> = {
    read: read(served),
    append: append(served),
    batchAppend: batchAppend(served, batches),
    delete(call, callback) {
      const refused = notLeader(served.faults);
      if (refused !== undefined) {
        callback(refused);
        return;
      }
      served.store.delete(nameOf(call.request.getOptions()?.getStreamIdentifier()));
      callback(null, new streams.DeleteResp());
    },
  };
  server.addService(ServerFeaturesService, { ...asked });
  server.addService(StreamsService, { ...calls });
}

type Served = {
  readonly store: DoubleStore;
  readonly faults: Faults;
  readonly sent: { events: number };
};

/** A cluster of one, which leads. */
const gossipOf = (port: () => number): Pick<IGossipServer, 'read'> => ({
  read(_call, callback) {
    const member = new gossip.MemberInfo()
      .setState(gossip.MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(new gossip.EndPoint().setAddress('127.0.0.1').setPort(port()));
    callback(null, infoOf(member));
  },
});

function infoOf(member: MemberInfo): ClusterInfo {
  const info = new gossip.ClusterInfo();
  info.addMembers(member);
  return info;
}
