#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';

const root = new URL('../', import.meta.url);
const demo = new URL('test/demo/main.ts', root);

// tsx reads TypeScript as the checkout says, wherever paygo is called from.
process.env.TSX_TSCONFIG_PATH = fileURLToPath(new URL('tsconfig.json', root));
const { register } = await import('tsx/esm/api');
register();

const { runCommand } = await import('../src/cli.ts');
await runCommand(process.argv.slice(2), {
  async serve() {
    // As npm start does.
    await import('../scripts/build.mjs');
    process.env.NODE_ENV ||= 'production';
    await import(new URL('dist/main.mjs', root).href);
  },
  demo() {
    if (!existsSync(demo)) {
      process.stderr.write('paygo: the demo is part of the source, and that is not here\n');
      process.exitCode = 1;
      return Promise.resolve();
    }
    process.chdir(fileURLToPath(root));
    return import(demo.href);
  },
});
