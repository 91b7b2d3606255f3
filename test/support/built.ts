import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What suites start as processes of their own is what `npm start` starts. */
export default function setup(): void {
  execFileSync(
    process.execPath,
    [fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))],
    {
      stdio: 'inherit',
    },
  );
}
