import { GraphQLError } from 'graphql';
import { type Refusal } from '../src/kernel/decider.ts';
import { BrokenInvariant } from '../src/kernel/invariant.ts';
import { type RejectedUsage } from '../src/usage/commands.ts';
import { RevisionConflict, TimedOut, Unavailable } from '../src/application/ports.ts';
import { InvalidCursor } from '../projections/page.ts';
import { reasons, type Reason } from './reasons.ts';
import { cut, shortened } from './shown.ts';

type Path = readonly (string | number)[];

const isReason = (word: string): word is Reason => Object.hasOwn(reasons, word);

/** What the caller is told of a refusal; prefix leads to where the refusal's field begins. */
export function refusalError(
  { reason, field, detail }: Refusal,
  prefix: Path = ['input'],
): GraphQLError {
  if (!isReason(reason)) throw new BrokenInvariant(`a reason of the closed list: ${reason}`);
  const [code, whatToDo, label = ''] = reasons[reason];
  const full = [...prefix, ...(field ?? [])];
  const path = field === undefined || full.length === 0 ? undefined : full;
  const where = path === undefined ? '' : `${printPath(path)}: `;
  const named = detail === undefined ? '' : ` (${label}${cut(detail)})`;
  return new GraphQLError(`${where}${whatToDo}${named}.`, {
    extensions: { code, reason, ...(path === undefined ? {} : { field: path }) },
  });
}

/** As refusalError, for the reasons that the edge itself finds. */
export const edgeError = (reason: Reason, path: Path, detail?: string): GraphQLError =>
  refusalError({ reason, field: path, ...(detail === undefined ? {} : { detail }) }, []);

/** Refuses a call for one of its usage events, in the words of recordUsage. */
export const rejectionError = ({ index, reason, message }: RejectedUsage): GraphQLError =>
  new GraphQLError(`events[${String(index)}]: ${message}.`, {
    extensions: { code: 'BAD_USER_INPUT', reason, field: ['events', index] },
  });

/** Refuses a field of the mutation's input. */
export const inputError = (reason: Reason, field: Path, detail?: string): GraphQLError =>
  edgeError(reason, ['input', ...field], detail);

export const forbidden = (): GraphQLError =>
  new GraphQLError('This token may not do that. Use one whose role may.', {
    extensions: { code: 'FORBIDDEN' },
  });

/** The command is done, but the answer could not be read in time. */
export function recordedError(error: unknown): unknown {
  const [code, why] =
    error instanceof TimedOut
      ? ['TIMEOUT', 'the read models did not include it in time']
      : error instanceof Unavailable
        ? ['UNAVAILABLE', 'the read models cannot be reached']
        : [];
  if (code === undefined || why === undefined) return error;
  return new GraphQLError(`It is recorded, but ${why}. Do not send it anew; read it later.`, {
    extensions: { code, recorded: true },
  });
}

const internal = new GraphQLError(
  'Something went wrong on our side. Quote the request id to support.',
  {
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  },
);

/**
 * The error as the caller may see it: known kinds with their code, everything else without its
 * internals.
 */
export function publicError(error: GraphQLError): GraphQLError {
  const shown = known(error);
  const { nodes, source, positions, path } = error;
  // For the server alone: the status to answer with.
  const { http: _http, ...extensions } = shown.extensions;
  return new GraphQLError(shortened(shown.message), {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions,
  });
}

export const isUnexpected = (error: GraphQLError): boolean => known(error) === internal;

/** Apollo's own words for a request that it cannot read; the API's codes are a closed list. */
const ofBadRequests = new Set([
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

function known(error: GraphQLError): { message: string; extensions: Record<string, unknown> } {
  const { code } = error.extensions;
  if (typeof code === 'string') {
    if (ofBadRequests.has(code))
      return { message: error.message, extensions: { code: 'BAD_USER_INPUT' } };
    return code === 'INTERNAL_SERVER_ERROR' ? internal : error;
  }
  const cause = error.originalError ?? error;
  if (cause instanceof InvalidCursor) return edgeError('invalid_cursor', ['after']);
  if (cause instanceof TimedOut) {
    const message = 'The read models did not get there in time. Ask again later.';
    return { message, extensions: { code: 'TIMEOUT' } };
  }
  if (cause instanceof Unavailable) {
    const message = 'The service cannot do that now. Send the same request again later.';
    return { message, extensions: { code: 'UNAVAILABLE' } };
  }
  if (cause instanceof RevisionConflict) {
    const message = 'Others changed the same thing at the same time. Send the same request again.';
    return { message, extensions: { code: 'CONFLICT' } };
  }
  // Found while arguments were read, as their nodes show: a variable that is missing or does not
  // fit.
  if (cause instanceof GraphQLError && cause.nodes !== undefined && cause.path === undefined) {
    return { message: cause.message, extensions: { code: 'BAD_USER_INPUT' } };
  }
  return internal;
}

const printPath = (path: Path): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number'
        ? `${text}[${String(part)}]`
        : text === ''
          ? part
          : `${text}.${part}`,
    '',
  );
