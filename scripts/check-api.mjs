// Holds the emitted SDL against the agreed contract, where that lies beside this checkout.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const check = '../shared/check-api.mjs';
if (existsSync(check)) {
  const { status } = spawnSync(process.execPath, [check], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  console.log(`contract check skipped: there is no ${check}`);
}
