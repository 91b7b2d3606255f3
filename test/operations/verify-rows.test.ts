import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { fingerprint } from '../../src/kernel/ids.ts';
import { createInspection, type Fault } from '../../src/operations/inspect-log.ts';
import { usageStreamOf } from '../../src/usage/events.ts';
import { all, billedLog, run, verified, type Billed, type Change } from './tampered.ts';

let billed: Billed;

beforeAll(async () => {
  billed = await billedLog();
}, 60_000);
afterAll(() => billed.folder.remove());

describe('verify, in a log whose rows somebody changed', () => {
  const usage = () => usageStreamOf(fingerprint(billed.ids.customer), '2024-10');
  const row = (revision: number) =>
    `(SELECT position FROM event JOIN stream ON stream.id = stream_id
      WHERE name = '${usage()}' AND revision = ${String(revision)})`;
  const end = '(SELECT max(position) FROM event)';
  /** A copy of the stream's last event, at the log's end. */
  const orphan = (values: {
    stream?: string;
    revision: number;
    previous: string;
    position?: string;
  }) => {
    const { stream = 'stream_id', revision, previous, position = `${end} + 1` } = values;
    return run(
      `INSERT INTO event SELECT ${position}, ${stream}, ${String(revision)}, ${previous},
        category_id, 'orphan', type, metadata, replace(data, '"t-', '"orphan-') FROM event
       WHERE position = ${row(2)}`,
    );
  };

  it.each<readonly [string, () => Change, () => readonly Partial<Fault>[]]>([
    [
      'of no stream at all',
      () => orphan({ stream: '999', revision: 0, previous: '0' }),
      () => [{ stream: null, fault: 'is of no stream' }],
    ],
    [
      'behind the end of its stream',
      () => orphan({ revision: 3, previous: row(2) }),
      () => [{ stream: usage(), revision: 3, fault: 'is behind the end that its stream has, 2' }],
    ],
    [
      'with a revision that is there already',
      () => orphan({ revision: 2, previous: row(1) }),
      () => [{ stream: usage(), revision: 2, fault: 'stands behind revision 2 of its stream' }],
    ],
    [
      'that leads to another event than the one before it',
      () =>
        all(
          orphan({ revision: 3, previous: row(0) }),
          run(`UPDATE stream SET last_revision = 3, last_position = ${end}
            WHERE name = '${usage()}'`),
        ),
      () => [{ stream: usage(), revision: 3, fault: 'is not where its stream leads to' }],
    ],
    [
      'before the log',
      () => orphan({ revision: 3, previous: row(2), position: '0' }),
      () => [{ position: '0', fault: 'is before the log' }],
    ],
    [
      'with positions between that are free',
      () =>
        all(
          orphan({ revision: 3, previous: row(2), position: `${end} + 3` }),
          run(`UPDATE stream SET last_revision = 3, last_position = ${end}
            WHERE name = '${usage()}'`),
        ),
      () => [{ fault: expect.stringMatching(/^and all through position \d+ are missing$/) }],
    ],
  ])('names usage that was put in %s', async (_how, change, expected) => {
    const { code, faults } = await verified(billed, (db) => {
      change()(db);
    });
    expect({ code, faults }).toMatchObject({ code: 1, faults: expected() });
  });

  it('names the last event of a stream, once it is gone, though no invoice covers it', async () => {
    const { faults } = await verified(
      billed,
      all(run(`DELETE FROM event WHERE position = ${row(2)}`)),
    );
    expect(faults).toMatchObject([
      { position: expect.stringMatching(/^\d+$/), fault: 'is missing' },
      { stream: usage(), revision: 2, position: null, fault: 'is missing' },
    ]);
  });

  it.each<readonly [string, string, RegExp]>([
    ['is not known', `type = 'ProductMade'`, /^is of a type that is not known, ProductMade$/],
    ['cannot be read', `data = '{"productId":'`, /^cannot be read: /],
    [
      'is of a later version',
      `metadata = json_set(metadata, '$.version', 7)`,
      /^cannot be read: ProductCreated is stored in version 7; known are 1 to 1$/,
    ],
    [
      'has no time',
      `metadata = json_set(metadata, '$.recordedAt', 'noon')`,
      /^does not say when it was recorded$/,
    ],
  ])('names an event that %s', async (_what, change, fault) => {
    const { code, faults } = await verified(
      billed,
      run(`UPDATE event SET ${change} WHERE type = 'ProductCreated'`),
    );
    expect({ code, faults }).toMatchObject({
      code: 1,
      faults: [
        {
          stream: expect.stringMatching(/^product-/),
          revision: 0,
          position: expect.stringMatching(/^\d+$/),
          fault: expect.stringMatching(fault),
        },
      ],
    });
  });

  it('names usage that stands in the stream of another key', async () => {
    const { faults } = await verified(
      billed,
      run(`UPDATE event SET data = json_set(data, '$.key', 'stranger')
        WHERE position = ${row(2)}`),
    );
    const home = usageStreamOf(fingerprint('stranger'), '2024-10');
    expect(faults).toMatchObject([
      { stream: usage(), revision: 2, fault: `belongs to the stream ${home}` },
    ]);
  });

  it('tells of an event that says it was recorded long before the one ahead of it', async () => {
    const { code, recordedLate, text } = await verified(
      billed,
      run(`UPDATE event SET metadata = json_set(metadata, '$.recordedAt',
        '2023-01-01T00:00:00.000Z') WHERE type = 'ProductCreated'`),
    );
    expect({ code, recordedLate }).toMatchObject({ code: 0, recordedLate: { events: 1 } });
    expect(text).toMatch(/^product-.*: says that it was recorded at 2023-.*; so 1 event in all$/m);
  });
});

describe('verify, of a log that does not watch itself, as in an event store', () => {
  it('names events that are missing or stand twice in their streams', async () => {
    const log = openSqliteLog({ folder: billed.folder.path });
    const { events } = await log.readAll({ stored: true });
    await log.close();
    const stream = usageStreamOf(fingerprint(billed.ids.customer), '2024-10');
    const faultsOf = (revisions: readonly number[]) => {
      const inspection = createInspection({ isWatched: false });
      const own = revisions.flatMap((revision) =>
        events.filter((one) => one.stream === stream && one.revision === revision),
      );
      [...events.filter((one) => one.stream !== stream), ...own].forEach(inspection.see);
      return inspection.end().faults.map(({ revision, fault }) => [revision, fault]);
    };
    expect(faultsOf([0, 1, 2])).toEqual([]);
    expect(faultsOf([0, 2])).toEqual([[1, 'is missing']]);
    expect(faultsOf([2])).toEqual([[0, 'and all through revision 1 are missing']]);
    const again = 'stands behind revision 2 of its stream';
    expect(faultsOf([0, 1, 2, 1])).toEqual([[1, again]]);
  });
});
