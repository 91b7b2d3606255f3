import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

/** What a double does wrong; each may be changed at any time. */
export type Faults = {
  /**
   * ignore: appends come in, are not written and get no answer. lose: they are written and get
   * none. A function is asked for each append, by its stream.
   */
  appends: AppendFault | ((stream: string) => AppendFault);
  /** Appends are answered so much later than they are written. */
  replyDelayMs: number;
  /** Reads and subscriptions get no answer at all. */
  readsSilent: boolean;
  /** Subscriptions send nothing more, and stay open. */
  subscriptionsStall: boolean;
  /** Each event that is read takes so long. */
  readDelayMs: number;
  /** Every call is told to go to the leader, which is there. */
  leader: { readonly host: string; readonly port: number } | null;
  /** The largest append that is taken. */
  maxAppendBytes: number;
  /** Appends are answered with this message, and without details, as by a server that starts. */
  appendError: string | null;
};

type AppendFault = 'none' | 'ignore' | 'lose';

export const noFaults = (): Faults => ({
  appends: 'none',
  replyDelayMs: 0,
  readsSilent: false,
  subscriptionsStall: false,
  readDelayMs: 0,
  leader: null,
  maxAppendBytes: 64 * 1024 * 1024,
  appendError: null,
});

export const appendFault = ({ appends }: Faults, stream: string): AppendFault =>
  typeof appends === 'function' ? appends(stream) : appends;

/** The refusal of a node that does not lead; undefined: it takes the call. */
export function notLeader({ leader }: Faults): ServiceError | undefined {
  if (leader === null) return undefined;
  return refusal(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': leader.host,
    'leader-endpoint-port': String(leader.port),
  });
}

/** A call's end in the way the server words it: the reason is in the trailers. */
export function refusal(
  code: status,
  details: string,
  trailers: Readonly<Record<string, string>>,
): ServiceError {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return Object.assign(new Error(details), { name: 'ServiceError', code, details, metadata });
}
