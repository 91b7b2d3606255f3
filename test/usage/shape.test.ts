import { describe, expect, it } from 'vitest';
import { InexactNumber, type UsageShapeFault } from '../../src/usage/commands.ts';
import { shapedUsage } from '../../src/usage/shape.ts';

const sent = {
  transactionId: 't1',
  customerId: 'c',
  eventType: 'e',
  timestamp: '2025-01-01T02:00:00+02:00',
};
const input = { ...sent, timestamp: '2025-01-01T00:00:00.000Z', properties: null };

describe('an event that is judged by itself', () => {
  it('has the fields of the schema, in either spelling', () => {
    expect(shapedUsage(sent)).toEqual({ input });
    const snake = { transaction_id: 't1', customer_id: 'c', event_type: 'e' };
    expect(shapedUsage({ ...snake, timestamp: sent.timestamp, properties: null })).toEqual({
      input,
    });
    expect(shapedUsage({ ...sent, properties: { a: [1] } })).toEqual({
      input: { ...input, properties: { a: [1] } },
    });
  });

  it('may have a whole number for its id, as in GraphQL', () => {
    expect(shapedUsage({ ...sent, transactionId: 17 })).toEqual({
      input: { ...input, transactionId: '17' },
    });
  });

  it.each<[UsageShapeFault, unknown, string]>([
    ['not_an_object', null, 'null'],
    ['not_an_object', [sent], 'a list'],
    ['not_an_object', 'text', 'a string'],
    ['not_an_object', new InexactNumber('1e999'), 'a number'],
    ['field_required', { ...sent, customerId: null }, 'customerId'],
    ['field_required', { transactionId: 't1' }, 'customerId'],
    ['field_required', {}, 'transactionId'],
    ['field_unknown', { ...sent, value: 1 }, '"value"'],
    ['field_twice', { ...sent, customer_id: 'c' }, 'customerId'],
    ['field_of_wrong_type', { ...sent, transactionId: 1.5 }, 'transactionId'],
    [
      'field_of_wrong_type',
      { ...sent, transactionId: new InexactNumber('12345678901234567') },
      'transactionId',
    ],
    ['field_of_wrong_type', { ...sent, customerId: 1 }, 'customerId'],
    ['field_of_wrong_type', { ...sent, eventType: true }, 'eventType'],
    ['field_of_wrong_type', { ...sent, timestamp: 1735689600 }, 'timestamp'],
    ['field_of_wrong_type', { ...sent, properties: ['a'] }, 'properties'],
    ['field_of_wrong_type', { ...sent, properties: new InexactNumber('1e999') }, 'properties'],
    ['timestamp_malformed', { ...sent, timestamp: '2025-01-01' }, '"2025-01-01"'],
    ['timestamp_malformed', { ...sent, timestamp: '2025-02-29T00:00:00Z' }, '2025-02-29'],
  ])('is rejected as %s: %j', (reason, value, named) => {
    const shaped = shapedUsage(value);
    if ('input' in shaped) throw new Error('it was taken');
    expect(shaped.fault.reason).toBe(reason);
    expect(shaped.fault.message).toContain(named);
    expect(shaped.fault.message).toMatch(/: (send|leave it out)/);
  });

  it('is named by its id, where that can be read', () => {
    expect(shapedUsage({ ...sent, more: 1 })).toMatchObject({ transactionId: 't1' });
    expect(shapedUsage({ more: 1 })).toMatchObject({ transactionId: null });
  });

  it('is told of shortly, whatever was sent', () => {
    const long = 'x'.repeat(100_000);
    for (const value of [
      { ...sent, [long]: 1 },
      { ...sent, timestamp: long },
    ]) {
      const shaped = shapedUsage(value);
      expect('fault' in shaped && shaped.fault.message.length).toBeLessThan(300);
    }
  });
});
