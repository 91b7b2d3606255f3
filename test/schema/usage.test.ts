import { describe, expect, it } from 'vitest';
import { type UsageInput } from '../../src/usage/commands.ts';
import { InexactNumber } from '../../src/usage/commands.ts';
import { ask, only } from './asking.ts';

const event = {
  transactionId: 't1',
  customerId: 'a@b.c',
  eventType: 'sent',
  timestamp: '2024-10-01T01:00:00+01:00',
};
const document = `mutation($events: [UsageEventInput!]!) {
  recordUsage(events: $events) { accepted position rejected { index transactionId reason message } } }`;

const recording = (rejected: object[] = []) => {
  const taken: UsageInput[] = [];
  const recordUsage = (events: readonly UsageInput[]) => {
    taken.push(...events);
    const result = { accepted: events.length - rejected.length, rejected };
    return Promise.resolve({ result, position: 9007199254740993n } as never);
  };
  return { taken, backend: { engine: { recordUsage } } };
};

describe('recordUsage', () => {
  it('answers as soon as the events are durable', async () => {
    const rejection = {
      index: 1,
      transactionId: '',
      reason: 'empty_transaction_id',
      message: 'Send one.',
    };
    const { taken, backend } = recording([rejection]);
    const properties = { rows: new InexactNumber('0.1234567890123456789'), ok: true };
    const events = [
      { ...event, properties },
      { ...event, transactionId: '' },
    ];
    const { data } = await ask(document, { events }, backend);
    expect(data).toEqual({
      recordUsage: { accepted: 1, position: '9007199254740993', rejected: [rejection] },
    });
    expect(taken).toEqual([
      { ...event, timestamp: '2024-10-01T00:00:00.000Z', properties },
      { ...event, timestamp: '2024-10-01T00:00:00.000Z', transactionId: '', properties: null },
    ]);
  });

  it.each([
    ['a field missing', { transactionId: 't', customerId: 'c', eventType: 'e' }],
    ['an unknown field', { ...event, shoeSize: 4 }],
    ['a wrong type', { ...event, eventType: 5 }],
    ['no instant', { ...event, timestamp: 'yesterday' }],
    ['properties that are no object', { ...event, properties: ['x'] }],
  ])('refuses the whole call for an event with %s', async (_case, wrong) => {
    const { taken, backend } = recording();
    const answer = await ask(document, { events: [event, wrong] }, backend);
    expect(only(answer)).toMatchObject({ code: 'BAD_USER_INPUT', reason: undefined });
    expect(only(answer).message).toContain('events[1]');
    expect(taken).toEqual([]);
  });

  it('hands a thousand events over', async () => {
    const { taken, backend } = recording();
    await ask(document, { events: Array.from({ length: 1000 }, () => event) }, backend);
    expect(taken).toHaveLength(1000);
  });
});

describe('a range of usage', () => {
  const usage = (startingAt: string, endingBefore: string, more = '') =>
    ask(
      `{ usage(customerId: "c", billableMetricId: "m", startingAt: "${startingAt}", endingBefore: "${endingBefore}" ${more}) { nodes { value } } }`,
    );
  const rated = (window: string) =>
    ask(
      `{ ratedUsage(contractId: "c", startingAt: "2024-01-01T00:00:00Z", endingBefore: "2024-02-01T00:00:00Z", window: ${window}) { nodes { quantity } } }`,
    );

  it('lies on the hour, ends after it starts, and has a bounded number of windows', async () => {
    const start = '2024-01-01T00:00:00Z';
    expect(only(await usage('2024-01-01T00:30:00Z', '2024-02-01T00:00:00Z'))).toMatchObject({
      reason: 'not_on_hour',
      field: ['startingAt'],
    });
    expect(only(await usage(start, '2024-02-01T00:00:01Z'))).toMatchObject({
      reason: 'not_on_hour',
      field: ['endingBefore'],
    });
    expect(only(await usage(start, start))).toMatchObject({
      reason: 'ends_before_start',
      field: ['endingBefore'],
    });
    expect(only(await usage(start, '2025-06-01T00:00:00Z', 'window: HOUR'))).toMatchObject({
      reason: 'range_too_long',
      field: ['endingBefore'],
    });
  });

  it('is rated by day or month only', async () => {
    for (const window of ['HOUR', 'NONE']) {
      expect(only(await rated(window))).toMatchObject({
        reason: 'window_not_supported',
        field: ['window'],
      });
    }
  });
});
