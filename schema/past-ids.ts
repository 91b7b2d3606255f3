import {
  defaultFieldResolver,
  getNamedType,
  GraphQLID,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import { edgeError } from './errors.ts';

type Path = readonly (string | number)[];

/** They may look like anything, and name nothing that is here. */
const ownWords = ['idempotencyKey', 'transactionId'];

/** Of this program's ids, one of what was read as of an earlier moment, replayed or previewed. */
const suffixed = /^[a-z]{3}_\w+@/;

/** Has every mutation refuse the id of something that is not as it is today. */
export function refuseIdsOfThePast(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve = field.resolve ?? defaultFieldResolver;
    const holdingIds = field.args.filter(({ type }) => mayHoldIds(type, new Set()));
    if (holdingIds.length === 0) continue;
    field.resolve = (source, args: Readonly<Record<string, unknown>>, context, info) => {
      for (const { name, type } of holdingIds) {
        const found = suffixedIn(args[name], type);
        if (found !== undefined) throw edgeError('id_with_suffix', [name, ...found]);
      }
      return resolve(source, args, context, info);
    };
  }
}

/** Whether there is anything to look for: a thousand usage events have no such ids. */
function mayHoldIds(type: GraphQLInputType, seen: Set<unknown>): boolean {
  const named = getNamedType(type);
  if (named === GraphQLID) return true;
  if (!isInputObjectType(named) || seen.has(named)) return false;
  seen.add(named);
  return Object.values(named.getFields()).some(
    ({ name, type: inner }) => !ownWords.includes(name) && mayHoldIds(inner, seen),
  );
}

/** Where the value holds such an id. */
function suffixedIn(value: unknown, type: GraphQLInputType): Path | undefined {
  if (value === null || value === undefined) return undefined;
  if (isNonNullType(type)) return suffixedIn(value, type.ofType);
  if (isListType(type)) return firstFound(Object.entries(value), () => type.ofType, Number);
  const named = getNamedType(type);
  if (named === GraphQLID)
    return typeof value === 'string' && suffixed.test(value) ? [] : undefined;
  if (!isInputObjectType(named)) return undefined;
  const fields = named.getFields();
  return firstFound(Object.entries(value), (name) =>
    ownWords.includes(name) ? undefined : fields[name]?.type,
  );
}

function firstFound(
  entries: readonly (readonly [string, unknown])[],
  typeOf: (name: string) => GraphQLInputType | undefined,
  partOf: (name: string) => string | number = String,
): Path | undefined {
  for (const [name, value] of entries) {
    const type = typeOf(name);
    const found = type === undefined ? undefined : suffixedIn(value, type);
    if (found !== undefined) return [partOf(name), ...found];
  }
  return undefined;
}
