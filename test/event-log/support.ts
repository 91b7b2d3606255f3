import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type EventLog } from '../../src/application/ports.ts';

/**
 * An empty log of its own for one test; reopen closes it and opens it again, where that means
 * something.
 */
export type OpenedLog = { readonly log: EventLog; readonly reopen?: () => Promise<EventLog> };
export type OpenLog = () => Promise<OpenedLog>;

/** A new folder, removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'paygo-log-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
