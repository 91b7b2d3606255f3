import { gzipSync } from 'node:zlib';

export type Ingested = {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly accepted?: number;
  readonly rejected?: readonly { readonly index: number; readonly reason: string }[];
  readonly position?: string;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: string; readonly reason?: string };
  }[];
};

type Sending = {
  readonly type?: string;
  readonly token?: string;
  readonly encoding?: string;
};

/** A usage event that is all right, as JSON. */
export const usageLine = (id: string, change: object = {}): string =>
  JSON.stringify({
    ...{ transactionId: id, customerId: 'c', eventType: 'row' },
    ...{ timestamp: '2025-02-14T03:15:00Z', properties: { count: '1' }, ...change },
  });

/** POST /ingest; the answer, and how it came. */
export async function ingest(
  url: string,
  body: string | Uint8Array | ReadableStream<Uint8Array>,
  { type = 'application/x-ndjson', token, encoding }: Sending = {},
): Promise<Ingested> {
  const response = await fetch(new URL('/ingest', url), {
    method: 'POST',
    headers: {
      'content-type': type,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
    body: body instanceof Uint8Array ? new Uint8Array(body) : body,
    ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
  });
  const answer = (await response.json()) as object;
  return { status: response.status, retryAfter: response.headers.get('retry-after'), ...answer };
}

export const asArray = { type: 'application/json' };
export const packed = { encoding: 'gzip' };
export const pack = (text: string): Uint8Array => gzipSync(text);
