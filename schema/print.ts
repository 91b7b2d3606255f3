import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildApi } from './build.ts';

const file = fileURLToPath(new URL('schema.graphql', import.meta.url));
const emitted = `# Emitted from the code by \`npm run sdl\`; do not edit.\n\n${printSchema(
  lexicographicSortSchema(buildApi()),
)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, emitted);
} else if (readFileSync(file, 'utf8') !== emitted) {
  console.error('schema/schema.graphql is not what the code says: run `npm run sdl` and commit it');
  process.exitCode = 1;
}
