import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { openEventStoreLog } from '../../src/event-log/eventstoredb.ts';
import { startEventStoreDouble } from '../support/eventstore-double.ts';
import { removeStreams } from '../support/eventstore-server.ts';
import { describeEventLog } from './contract.ts';
import { type OpenedLog } from './support.ts';

function opened(url: string, prefix: string): OpenedLog {
  const log = openEventStoreLog({ url, prefix });
  onTestFinished(() => log.close());
  const reopen = async () => {
    await log.close();
    const again = openEventStoreLog({ url, prefix });
    onTestFinished(() => again.close());
    return again;
  };
  return { log, reopen };
}

describeEventLog('in EventStoreDB (a double)', async () => {
  const double = await startEventStoreDouble();
  onTestFinished(() => {
    double.stop();
  });
  return opened(double.url, 'paygo-');
});

const server = process.env['EVENTSTORE_URL'];

if (server === undefined || server === '') {
  console.log('Skipped on an EventStoreDB server: EVENTSTORE_URL is not set.');
} else {
  describeEventLog('in EventStoreDB (the server at EVENTSTORE_URL)', () => {
    const prefix = `test-${randomUUID()}-`;
    // The last to be told runs first, so that the log is closed by then.
    onTestFinished(() => removeStreams(server, prefix));
    return Promise.resolve(opened(server, prefix));
  });
}
