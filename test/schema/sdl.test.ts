import { readFileSync } from 'node:fs';
import { isInputObjectType, lexicographicSortSchema, printSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from './asking.ts';

const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));

describe('the schema', () => {
  it('is the one that is committed', () => {
    const file = new URL('../../schema/schema.graphql', import.meta.url);
    const committed = readFileSync(file, 'utf8');
    expect(committed).toContain(printSchema(lexicographicSortSchema(schema)));
  });

  it('describes every type and every operation', () => {
    const roots = [schema.getQueryType(), schema.getMutationType()];
    const operations = roots.flatMap((root) => Object.values(root?.getFields() ?? {}));
    const silent = [...types, ...operations].filter(
      ({ name, description }) => !description && name !== 'Query' && name !== 'Mutation',
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('has nullable root fields only, so that one error takes no other answer away', () => {
    const roots = [schema.getQueryType(), schema.getMutationType()];
    const operations = roots.flatMap((root) => Object.values(root?.getFields() ?? {}));
    expect(operations.filter(({ type }) => String(type).endsWith('!'))).toEqual([]);
    expect(operations).toHaveLength(41);
  });

  it('takes exactly one way to say when a charge falls due', () => {
    const type = schema.getType('ScheduleInput');
    expect(isInputObjectType(type) && type.isOneOf).toBe(true);
    expect(printSchema(schema)).toContain('input ScheduleInput @oneOf');
  });
});
