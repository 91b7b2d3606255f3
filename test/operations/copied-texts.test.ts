import { expect, it } from 'vitest';
import { WrittenEvent } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { compareLogs } from '../../src/operations/compare-logs.ts';
import { copyLog } from '../../src/operations/copy-log.ts';
import { double, openLog } from '../event-log/eventstoredb-support.ts';
import { event } from '../event-log/support-events.ts';
import { unheard } from './logs.ts';

it('a copied log has events as they are stored, also those of earlier versions', async () => {
  const source = memoryLog();
  const { id, metadata } = event('a');
  const texts = ['{"total":"1"}', '{"actor":"biller","requestIds":[],"version":1}'] as const;
  const old = { id, event: new WrittenEvent('InvoiceFinalized', ...texts), metadata };
  await source.append('invoice-1', 'no_stream', [old]);
  const targets = [memoryLog(), openLog((await double()).url)];
  for (const target of targets) {
    await copyLog({ source, target }, unheard);
    const [copied] = (await target.readAll({ stored: true })).events;
    expect(copied?.stored).toMatchObject({ data: texts[0], metadata: texts[1] });
    expect(copied?.event).toMatchObject({ total: '1', proof: null });
    expect(await compareLogs({ source, target }, unheard)).toBe(1);
  }
});
