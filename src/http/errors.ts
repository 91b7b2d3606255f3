import { type FastifyReply } from 'fastify';
import { MalformedJson } from './json.ts';

/** The codes with which a request is turned away before GraphQL sees it. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

/** The words for a request that is turned away unread; schema/reasons.ts lists them for callers. */
export type RequestReason =
  | 'malformed_request'
  | 'malformed_json'
  | 'malformed_gzip'
  | 'not_json'
  | 'not_a_list'
  | 'unknown_encoding'
  | 'body_too_large'
  | 'body_too_slow'
  | 'too_many_rejected';

/** What turns a request away: the HTTP status, and what the GraphQL error in its body says. */
export type HttpFailure = {
  readonly status: number;
  readonly code: ErrorCode;
  readonly reason?: RequestReason;
  readonly message: string;
};

/** The body of a GraphQL response that is one error. */
export type ErrorBody = {
  readonly errors: readonly [
    {
      readonly message: string;
      readonly extensions: { readonly code: ErrorCode; readonly reason?: RequestReason };
    },
  ];
};

export const errorBody = ({ code, reason, message }: Omit<HttpFailure, 'status'>): ErrorBody => ({
  errors: [{ message, extensions: { code, ...(reason === undefined ? {} : { reason }) } }],
});

export const sendFailure = (reply: FastifyReply, failure: HttpFailure): FastifyReply =>
  reply.code(failure.status).type('application/json; charset=utf-8').send(errorBody(failure));

const bodyTooLarge = 'FST_ERR_CTP_BODY_TOO_LARGE';

export const isBodyTooLarge = (error: unknown): boolean =>
  asFastifyError(error).code === bodyTooLarge;

const internal: HttpFailure = {
  status: 500,
  code: 'INTERNAL_SERVER_ERROR',
  message: 'Something went wrong here. The request id in X-Request-Id finds it in the log.',
};

/** What to answer when reading the request, or answering it, threw. */
export function failureOf(error: unknown, bodyLimitBytes: number): HttpFailure {
  if (error instanceof MalformedJson) {
    return badInput(400, 'malformed_json', `The body is not JSON: ${error.message}.`);
  }
  const { code, statusCode } = asFastifyError(error);
  if (code === bodyTooLarge) {
    const message = `The body is larger than ${String(bodyLimitBytes)} bytes: send several smaller ones.`;
    return badInput(413, 'body_too_large', message);
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return badInput(415, 'not_json', 'Send the body as JSON, with Content-Type: application/json.');
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { ...malformedRequest, status: statusCode };
  }
  return internal;
}

export const badInput = (status: number, reason: RequestReason, message: string): HttpFailure => ({
  status,
  code: 'BAD_USER_INPUT',
  reason,
  message,
});

export const malformedRequest: HttpFailure = badInput(
  400,
  'malformed_request',
  'The HTTP request is malformed.',
);

function asFastifyError(error: unknown): { readonly code?: string; readonly statusCode?: number } {
  if (!(error instanceof Error)) return {};
  return {
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...('statusCode' in error && typeof error.statusCode === 'number'
      ? { statusCode: error.statusCode }
      : {}),
  };
}
