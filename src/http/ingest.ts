import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Unavailable, type Caller } from '../application/ports.ts';
import { type Recording } from '../application/usage-intake.ts';
import { type Authenticate } from './auth.ts';
import { drained } from './drain.ts';
import { badInput, errorBody, sendFailure, type HttpFailure } from './errors.ts';
import { addGate, callerOf } from './gate.ts';
import { type Health } from './health.ts';
import {
  BodyRefused,
  isGzip,
  largestArrayBytes,
  takeArray,
  takeLines,
  unpacked,
} from './ingest-body.ts';
import { longestLineBytes } from './ingest-lines.ts';
import { MalformedJson } from './json.ts';

/** Begins to record what a request brings. Throws Unavailable. */
export type OpenRecording = (by: Caller) => Promise<Recording>;

export type IngestRoute = {
  readonly openRecording: OpenRecording;
  readonly authenticate: Authenticate;
  readonly health: () => Health;
};

const lines = 'application/x-ndjson';
const array = 'application/json';

/** What the bodies that are read at one time may come to hold. */
const mostHeldBytes = 128 * 1024 * 1024;

/** POST /ingest: usage in bulk, each event judged alone. */
export async function serveIngest(
  app: FastifyInstance,
  { openRecording, authenticate, health }: IngestRoute,
): Promise<void> {
  let heldBytes = 0;
  app.removeAllContentTypeParsers();
  for (const type of [lines, array]) {
    app.addContentTypeParser(type, (_request, _body, done) => {
      done(null);
    });
  }
  addGate(app, authenticate, health);
  app.addHook('onRequest', async (request, reply) => {
    const { role } = callerOf(request);
    if (role === 'read') await sendFailure(reply, forbidden);
    else if (!isKnownEncoding(request)) await sendFailure(reply, unknownEncoding);
    // Of a request without a body nothing else looks at it.
    else if (request.headers['content-type'] === undefined) await sendFailure(reply, unknownType);
  });
  app.post('/ingest', async (request, reply) => {
    const holds = isArray(request) ? largestArrayBytes : longestLineBytes;
    if (heldBytes + holds > mostHeldBytes) return unavailable(reply, 'too many bodies are read');
    heldBytes += holds;
    try {
      return await ingest(request, reply, openRecording);
    } finally {
      heldBytes -= holds;
    }
  });
}

async function ingest(
  request: FastifyRequest,
  reply: FastifyReply,
  openRecording: OpenRecording,
): Promise<FastifyReply> {
  const { actor, requestId } = callerOf(request);
  let recording: Recording | undefined;
  try {
    recording = await openRecording({ actor, requestId });
    await (isArray(request) ? takeArray : takeLines)(unpacked(request.raw), recording);
    return await answer(reply, recording, null);
  } catch (error) {
    if (request.raw.destroyed && !request.raw.complete) return reply.hijack();
    if (error instanceof Unavailable) return unavailable(reply, error.message);
    const failure = failureIn(error);
    if (failure === undefined || recording === undefined) throw error;
    request.raw.unpipe();
    await drained(request.raw);
    return await answer(reply, recording, failure);
  }
}

/** What became of what was read, and why no more of it was. */
async function answer(
  reply: FastifyReply,
  recording: Recording,
  failure: HttpFailure | null,
): Promise<FastifyReply> {
  const { accepted, rejected, position } = await recording.finish();
  const result = { accepted, rejected, position: String(position) };
  return reply
    .code(failure === null ? 200 : failure.status)
    .type('application/json; charset=utf-8')
    .send(failure === null ? result : { ...errorBody(failure), ...result });
}

function failureIn(error: unknown): HttpFailure | undefined {
  if (error instanceof BodyRefused) return error.failure;
  if (error instanceof MalformedJson) {
    return badInput(400, 'malformed_json', `The body is not JSON: ${error.message}.`);
  }
  const isOfZlib =
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('Z_');
  return isOfZlib ? malformedGzip : undefined;
}

const isArray = ({ headers }: FastifyRequest): boolean =>
  headers['content-type']?.toLowerCase().startsWith(array) === true;

const isKnownEncoding = ({ raw }: FastifyRequest): boolean => {
  const encoding = raw.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  return encoding === 'identity' || isGzip(raw);
};

const unavailable = (reply: FastifyReply, why: string): FastifyReply =>
  sendFailure(reply.header('retry-after', '1'), {
    status: 503,
    code: 'UNAVAILABLE',
    message: `No usage can be taken now (${why}). Send the same body again later: what was recorded of it counts once.`,
  });

const forbidden: HttpFailure = {
  status: 403,
  code: 'FORBIDDEN',
  message: 'This token may not do that. Use one whose role may.',
};
const unknownType = badInput(
  415,
  'not_json',
  'Send one event a line as application/x-ndjson, or an array of events as application/json.',
);
const unknownEncoding = badInput(
  415,
  'unknown_encoding',
  'Send the body as it is, or with Content-Encoding: gzip.',
);
const malformedGzip = badInput(
  400,
  'malformed_gzip',
  'The body is not gzip to its end. What was read of it before is recorded: send the whole again.',
);
