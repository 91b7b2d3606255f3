import {
  defaultFieldResolver,
  getNamedType,
  isObjectType,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import { isWellFormed } from '../src/kernel/names.ts';
import { edgeError } from './errors.ts';

type Path = readonly (string | number)[];

/** What a call takes many of is judged one by one, so that the faulty are refused alone. */
const judgedAlone = ['UsageEventInput'];

/** Has every field refuse text that stores do not give back as it is, anywhere in its arguments. */
export function refuseBrokenText(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.args.length > 0) refuseInArguments(field);
    }
  }
}

function refuseInArguments(field: GraphQLField<unknown, unknown>): void {
  const names = field.args
    .filter(({ type }) => !judgedAlone.includes(getNamedType(type).name))
    .map(({ name }) => name);
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args: Readonly<Record<string, unknown>>, context, info) => {
    for (const name of names) {
      const found = brokenTextIn(args[name]);
      if (found !== undefined) throw edgeError('text_not_well_formed', [name, ...found]);
    }
    return resolve(source, args, context, info);
  };
}

/** Where the value holds such text. */
function brokenTextIn(value: unknown): Path | undefined {
  if (typeof value === 'string') return isWellFormed(value) ? undefined : [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    if (!isWellFormed(key)) return [];
    const found = brokenTextIn(part);
    if (found !== undefined) return [Array.isArray(value) ? Number(key) : key, ...found];
  }
  return undefined;
}
