import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

const filesBelow = (...folders: readonly string[]): readonly string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|mjs|cjs|js)$/.test(name))
      .map((name) => join(folder, name)),
  );

const linesOf = (file: string): readonly string[] =>
  readFileSync(join(root, file), 'utf8').trimEnd().split('\n');

/** Where the pattern stands in the files, as file:line. */
const places = (files: readonly string[], isWrong: (line: string) => boolean): readonly string[] =>
  files.flatMap((file) =>
    linesOf(file).flatMap((line, index) => (isWrong(line) ? [`${file}:${String(index + 1)}`] : [])),
  );

const product = filesBelow('src', 'schema', 'projections');
const tests = filesBelow('test');
const all = [...product, ...tests, ...filesBelow('scripts', 'bin')];

describe('files', () => {
  it('have at most 300 lines', () => {
    expect(all.filter((file) => linesOf(file).length > 300)).toEqual([]);
  });

  it('of the product are short: nine of ten have under 200 lines, and half at most 100', () => {
    const lengths = product.map((file) => linesOf(file).length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThan(200);
    expect(lengths[Math.floor(lengths.length * 0.5)]).toBeLessThanOrEqual(100);
  });

  it('are 100 columns wide, but for text and patterns that cannot be broken', () => {
    expect(places(all, (line) => line.length > 100 && !/['"`]|[=(] ?\/./.test(line))).toEqual([]);
  });

  it('load the release of better-sqlite3 that runs on this Node: sqlite-driver.ts knows it', () => {
    const imports = new RegExp(" from 'better-" + 'sqlite3');
    expect(places(all, (line) => imports.test(line) && !line.startsWith('import type'))).toEqual(
      [],
    );
  });

  it('leave nothing to be done', () => {
    const words = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'];
    expect(places(all, (line) => words.some((word) => line.includes(word)))).toEqual([]);
  });

  it('switch a check off for one line at a time, and say why', () => {
    const unexplained = new RegExp(
      'eslint' + '-disable(?!-next-line \\S+ -- \\S)|@ts' + '-(?:ignore|nocheck)',
    );
    expect(places(all, (line) => unexplained.test(line))).toEqual([]);
  });

  it('of a slice have the same names in every slice', () => {
    const slices = ['catalog', 'customers', 'contracts', 'usage', 'invoices'];
    // Usage decides nothing: which recording of an id counts is seen in the fold.
    const expected = (slice: string) =>
      ['events.ts', 'commands.ts', ...(slice === 'usage' ? [] : ['decider.ts'])].map((name) =>
        join('src', slice, name),
      );
    expect(slices.flatMap(expected).filter((file) => !product.includes(file))).toEqual([]);
  });

  it('do not gather the things of other files', () => {
    expect(all.filter((file) => /(?:^|[/\\])index\.\w+$/.test(file))).toEqual([]);
    expect(places(product, (line) => /^export (?:\*|\{.*\}) from/.test(line))).toEqual([]);
  });
});

describe('tests', () => {
  it('are all run', () => {
    const chosen =
      /\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:only|skip|skipIf|runIf|todo|fails)\b/;
    const ofOneStore = /\.(?:skipIf|runIf)\(storeKind /;
    expect(places(tests, (line) => chosen.test(line) && !ofOneStore.test(line))).toEqual([]);
  });

  it('draw no chance and read no clock that a run could not repeat', () => {
    const chance = new RegExp(['Math', 'random'].join('\\.'));
    expect(places(tests, (line) => chance.test(line))).toEqual([]);
  });
});

describe('dependencies', () => {
  it('are pinned to one version each', () => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
    const versions = Object.entries({ ...dependencies, ...devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual(
      [],
    );
  });
});
