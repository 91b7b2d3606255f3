import { isUtf8 } from 'node:buffer';
import { type IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Recording } from '../application/usage-intake.ts';
import { badInput, type HttpFailure } from './errors.ts';
import { createLineReader } from './ingest-lines.ts';
import { parseJson } from './json.ts';

/** Stops the reading of a body; what was read of it before counts all the same. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly failure: HttpFailure;
  constructor(failure: HttpFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export const largestArrayBytes = 8 * 1024 * 1024;
const mostRejected = 10_000;
const silenceMs = 60_000;
const lookEveryMs = 5_000;
const unpackedChunkBytes = 64 * 1024;
/** Elements of an array that are judged before others get their turn. */
const turn = 2_000;

/** The body as it was before it was packed. Ends with an error where the client breaks off. */
export function unpacked(request: IncomingMessage): Readable {
  if (!isGzip(request)) return request;
  const gunzip = createGunzip({ chunkSize: unpackedChunkBytes });
  // Its errors come out of the end that is read.
  return pipeline(request, gunzip, () => undefined);
}

export const isGzip = ({ headers }: IncomingMessage): boolean =>
  headers['content-encoding']?.trim().toLowerCase() === 'gzip';

/** One event a line; the body is never held whole. */
export async function takeLines(body: Readable, recording: Recording): Promise<void> {
  const reader = createLineReader(recording);
  await eachChunk(body, async (chunk) => {
    reader.push(chunk);
    refuseFaulty(recording);
    await recording.room();
  });
  reader.end();
}

/** A JSON array of events. */
export async function takeArray(body: Readable, recording: Recording): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await eachChunk(body, (chunk) => {
    bytes += chunk.length;
    if (bytes > largestArrayBytes) throw new BodyRefused(tooLarge);
    chunks.push(chunk);
  });
  const whole = Buffer.concat(chunks);
  if (!isUtf8(whole)) throw new BodyRefused(notUtf8);
  const events = parseJson(whole.toString('utf8'));
  if (!Array.isArray(events)) throw new BodyRefused(notAList);
  for (let index = 0; index < events.length; index += 1) {
    recording.takeValue(events[index]);
    if (index % turn === turn - 1) {
      refuseFaulty(recording);
      await recording.room();
    }
  }
}

/** Reads on once a chunk is taken: what comes too fast waits on the client's side. */
async function eachChunk(
  body: Readable,
  take: (chunk: Buffer) => Promise<void> | void,
): Promise<void> {
  let waitingSince: number | null = performance.now();
  const watch = setInterval(() => {
    if (waitingSince !== null && performance.now() - waitingSince > silenceMs) {
      body.destroy(new BodyRefused(tooSlow));
    }
  }, lookEveryMs).unref();
  try {
    // A body that is refused has still to be answered: it is not broken off here.
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      waitingSince = null;
      await take(chunk as Buffer);
      waitingSince = performance.now();
    }
  } finally {
    clearInterval(watch);
  }
}

function refuseFaulty({ rejected }: Recording): void {
  if (rejected.length > mostRejected) throw new BodyRefused(tooManyRejected);
}

const tooLarge = badInput(
  413,
  'body_too_large',
  `The array is larger than ${String(largestArrayBytes)} bytes: send several, or one event a line as application/x-ndjson.`,
);
const notUtf8 = badInput(400, 'malformed_json', 'The body is not JSON: it is not UTF-8.');
const notAList = badInput(
  400,
  'not_a_list',
  'The body is no JSON array: send an array of events, or one event a line as application/x-ndjson.',
);
const tooSlow = badInput(408, 'body_too_slow', 'Nothing came for a minute: send the body again.');
const tooManyRejected = badInput(
  400,
  'too_many_rejected',
  `More than ${String(mostRejected)} events were rejected, and what follows was not read: correct them.`,
);
