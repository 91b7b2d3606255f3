import { randomFillSync } from 'node:crypto';
import { postOf } from './http-line.ts';

export type BatchShape = {
  readonly customers: number;
  /** At most. */
  readonly linesPerBatch: number;
  readonly via: 'ndjson' | 'graphql';
};

const mutation =
  'mutation ($events: [UsageEventInput!]!) { recordUsage(events: $events) { accepted rejected { index } } }';
const dashes = new Set([8, 13, 18, 23]);
const hex = Buffer.from('0123456789abcdef');
const zeros = '00000000-0000-0000-0000-000000000000';

/** All ids are of one length, so that they can be written in place. */
export const lineOf = (customer: number): string =>
  JSON.stringify({
    transactionId: zeros,
    customerId: `cust-${String(customer)}@example.com`,
    eventType: 'email_sent',
    timestamp: '2025-02-14T03:15:00Z',
    properties: { count: '3', region: 'us-east-1' },
  });

/**
 * Gives one HTTP request after another, each with new random transaction ids. The buffer belongs to
 * the caller until it asks again with the same one.
 */
export function batches(
  shape: BatchShape,
  target: URL,
): {
  readonly make: (lines?: number) => Buffer;
  readonly renew: (request: Buffer) => void;
} {
  const { customers, linesPerBatch, via } = shape;
  let customer = 0;
  const isPacked = via === 'graphql';
  const frame = isPacked
    ? [`{"query":${JSON.stringify(mutation)},"variables":{"events":[`, ',', ']}}']
    : ['', '\n', '\n'];
  const type = isPacked ? 'application/json' : 'application/x-ndjson';
  const make = (count = linesPerBatch): Buffer => {
    const lines = Array.from({ length: count }, () => {
      // Steps by a number without a factor in common with most counts: spread, and repeatable.
      customer = (customer + 617) % customers;
      return lineOf(customer);
    });
    const body = `${frame[0] ?? ''}${lines.join(frame[1])}${frame[2] ?? ''}`;
    return postOf(target, isPacked ? '/graphql' : '/ingest', type, body);
  };
  const random = Buffer.alloc(18 * linesPerBatch);
  const places = new Map<number, readonly number[]>();
  const renew = (request: Buffer): void => {
    let at = places.get(request.length);
    if (at === undefined || at.some((place) => request[place + 8] !== 45)) {
      at = placesIn(request);
      places.set(request.length, at);
    }
    randomFillSync(random, 0, 18 * at.length);
    let byte = 0;
    for (const place of at) {
      for (let offset = 0; offset < 36; offset += 2) {
        const value = random[byte] ?? 0;
        byte += 1;
        if (!dashes.has(offset)) request[place + offset] = hex[value & 15] ?? 0;
        if (!dashes.has(offset + 1)) request[place + offset + 1] = hex[value >> 4] ?? 0;
      }
    }
  };
  return { make, renew };
}

function placesIn(request: Buffer): readonly number[] {
  const places: number[] = [];
  const name = '"transactionId":"';
  for (let at = request.indexOf(name); at >= 0; at = request.indexOf(name, at + 1)) {
    places.push(at + name.length);
  }
  return places;
}
