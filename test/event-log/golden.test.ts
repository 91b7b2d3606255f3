import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createCodec } from '../../src/event-log/codec.ts';
import { type Metadata } from '../../src/kernel/recorded.ts';
import { goldenEvents } from './golden-events.ts';
import { olderEvents } from './golden-older.ts';

type Golden = {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Metadata;
};

const folder = new URL('./golden/', import.meta.url);
const files = readdirSync(folder);
const codec = createCodec();

const read = (file: string): Golden =>
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Golden;

describe('every event version ever stored', () => {
  it('has a golden file for each event type, and each file is of a type', () => {
    const types = files.map((file) => file.replace(/\.v\d+\.json$/, ''));
    expect([...new Set(types)].sort()).toEqual(Object.keys(goldenEvents).sort());
  });

  it.each(Object.values(goldenEvents))('is still read as it was meant: $type', (event) => {
    const own = files.filter((file) => file.startsWith(`${event.type}.v`));
    expect(own).toContain(`${event.type}.v1.json`);
    const older = new Map<string, object>(Object.entries(olderEvents));
    for (const file of own) {
      const { type, data, metadata } = read(file);
      expect(file).toBe(`${type}.v${String(metadata.version)}.json`);
      const stored = { type, data: JSON.stringify(data), metadata: JSON.stringify(metadata) };
      const expected = older.get(file.replace(/\.json$/, '')) ?? event;
      expect(codec.decode(stored).event).toEqual(expected);
    }
  });

  it.each(Object.values(goldenEvents))(
    'is stored today as its newest golden file: $type',
    (event) => {
      const newest = files
        .filter((file) => file.startsWith(`${event.type}.v`))
        .map(read)
        .sort((a, b) => b.metadata.version - a.metadata.version)[0];
      expect(newest).toBeDefined();
      if (newest === undefined) return;
      const encoded = codec.encode({ event, metadata: newest.metadata });
      expect(encoded.data).toBe(JSON.stringify(newest.data));
      expect(encoded.metadata).toBe(JSON.stringify(newest.metadata));
    },
  );
});
