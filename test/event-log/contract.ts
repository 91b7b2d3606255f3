import { describe } from 'vitest';
import { describeAppending } from './contract-append.ts';
import { describeReading } from './contract-read.ts';
import { describeSubscribing } from './contract-subscribe.ts';
import { type OpenLog } from './support.ts';

/**
 * What every adapter of the EventLog port must do. Positions are compared, never taken to be dense.
 */
export function describeEventLog(name: string, open: OpenLog): void {
  describe(`the event log: ${name}`, () => {
    describeAppending(open);
    describeReading(open);
    describeSubscribing(open);
  });
}
