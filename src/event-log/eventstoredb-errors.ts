import { convertToCommandError, isCommandError, ErrorType } from '@eventstore/db-client';
import { Unavailable } from '../application/ports.ts';

/** What went wrong between this process and the server, as the port's failure. */
export function asFailure(error: unknown, doing: string): Error {
  if (error instanceof Unavailable || !(error instanceof Error)) return toUnavailable(error, doing);
  const converted = convertToCommandError(error);
  if (!isCommandError(converted)) {
    return isBug(error) ? error : toUnavailable(error, doing);
  }
  if (converted.type === ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED) {
    return tooLarge(converted.maxAppendSize);
  }
  if (converted.type === ErrorType.STREAM_DELETED) {
    return new Error(`the event store refused ${doing}: the stream is deleted for good`);
  }
  return toUnavailable(converted, doing);
}

/** An append that is larger than the server takes; sending it again does not help. */
export const tooLarge = (limitBytes: number | null): RangeError =>
  new RangeError(
    `the append is larger than the event store takes${limitBytes === null ? '' : ` (its limit is ${String(limitBytes)} bytes)`}: append less at once, or raise the server's MaxAppendSize`,
  );

export const noAnswer = (doing: string, timeoutMs: number): Unavailable =>
  new Unavailable(`the event store gave no answer to ${doing} within ${String(timeoutMs)} ms`);

function toUnavailable(error: unknown, doing: string): Unavailable {
  if (error instanceof Unavailable) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new Unavailable(`the event store cannot be reached for ${doing}: ${reason}`, {
    cause: error,
  });
}

/** Of this program, not of the server: trying again does not help. */
export const isBug = (error: Error): boolean =>
  error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
