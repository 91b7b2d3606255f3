import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ingest } from '../support/ingest.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** What the README sends, or the answer that it promises to what it sent before. */
type Said =
  | { readonly document: string; readonly variable: string | undefined; readonly field: string }
  | { readonly lines: string }
  | { readonly answer: unknown };

const asked =
  /^(?:(?<variable>\w+)=\$\()?ask <<EOF(?: \| pick (?<field>\w+))?\n(?<document>.*?)\nEOF$/;
const ingested = /^curl -s localhost:4000\/ingest .*? <<EOF\n(?<lines>.*?)\nEOF$/;
const answered = /^```json\n(?<answer>.*?)\n```$/;

const session: readonly Said[] = [
  ...readme.matchAll(
    new RegExp([asked, ingested, answered].map(({ source }) => `(?:${source})`).join('|'), 'gms'),
  ),
].map(({ groups = {} }): Said => {
  const { variable, field = '', document, lines, answer } = groups;
  if (answer !== undefined) return { answer: JSON.parse(answer) as unknown };
  return lines === undefined ? { document: document ?? '', variable, field } : { lines };
});

describe('what the README sends', () => {
  it('runs as it stands, and is answered as it says', async () => {
    const folder = await temporaryFolder();
    const server = await startHere(folder.path, {
      PAYGO_TEST_CLOCK: /PAYGO_TEST_CLOCK=(\S+) /.exec(readme)?.[1] ?? '',
    });
    const variables = new Map<string, string>();
    let answer = '';
    let promised = 0;
    try {
      for (const said of session) {
        if ('answer' in said) {
          expect(JSON.parse(answer)).toEqual(said.answer);
          promised += 1;
          continue;
        }
        if ('lines' in said) {
          const { status, retryAfter, ...result } = await ingest(server.url, said.lines);
          expect([status, retryAfter]).toEqual([200, null]);
          answer = JSON.stringify(result);
          continue;
        }
        const query = said.document.replaceAll(
          /\$([A-Z]+)/g,
          (_text, name: string) => variables.get(name) ?? 'unset',
        );
        answer = await post(server.url, query);
        if (said.variable === undefined) continue;
        const picked = new RegExp(`.*"${said.field}":"([^"]*)"`).exec(answer)?.[1];
        expect(picked, answer).toBeDefined();
        variables.set(said.variable, picked ?? '');
      }
    } finally {
      await server.stop();
      await folder.remove();
    }
    expect([...variables.keys()]).toEqual([
      'METRIC',
      'PRODUCT',
      'CARD',
      'CUSTOMER',
      'CONTRACT',
      'POSITION',
    ]);
    expect(promised).toBe(4);
  });
});

async function post(url: string, query: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return response.text();
}

describe('the README', () => {
  it('names every environment variable that there is, and no other', () => {
    const config = readFileSync(join(root, 'src', 'config.ts'), 'utf8');
    const known = [...config.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
    const named = [...readme.matchAll(/^\| `([A-Z][A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(known.length).toBeGreaterThan(10);
    expect(named.sort()).toEqual(known.sort());
  });

  it('links to what is there', () => {
    const targets = [...readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? '');
    const local = targets.filter((target) => !target.includes('://'));
    expect(local.length).toBeGreaterThan(10);
    expect(local.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });
});
