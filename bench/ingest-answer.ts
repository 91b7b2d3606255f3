import { type HttpAnswer } from './http-line.ts';

export type Counts = { readonly accepted: number; readonly rejected: number };

/** What a request with usage was answered, either way. Throws when nothing was taken. */
export function countsIn({ status, body }: HttpAnswer): Counts {
  const accepted = /"accepted":(\d+)/.exec(body)?.[1];
  if (status !== 200 || accepted === undefined) {
    throw new Error(`not accepted (${String(status)}): ${body.slice(0, 500)}`);
  }
  return { accepted: Number(accepted), rejected: body.split('"index":').length - 1 };
}
