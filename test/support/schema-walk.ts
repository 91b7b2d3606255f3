import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
} from 'graphql';
import { buildApi } from '../../schema/build.ts';

const schema = buildApi();

export type Operation = {
  readonly kind: 'query' | 'mutation';
  readonly field: GraphQLField<unknown, unknown>;
};

const fieldsOf = (kind: Operation['kind'], type: GraphQLObjectType | null | undefined) =>
  Object.values(type?.getFields() ?? {}).map((field): Operation => ({ kind, field }));

/** Everything that the API offers at its root. */
export const operations: readonly Operation[] = [
  ...fieldsOf('query', schema.getQueryType()),
  ...fieldsOf('mutation', schema.getMutationType()),
];

const samples: Readonly<Record<string, unknown>> = {
  ID: 'none',
  String: 'none',
  Int: 1,
  Boolean: true,
  DateTime: '2024-10-01T00:00:00Z',
  Decimal: '1',
  Currency: 'USD',
  LogPosition: '1',
};

/** A value that the type takes, with no more in it than must be. */
function sampleOf(type: GraphQLInputType): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [sampleOf(nullable.ofType)];
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues()[0]?.name;
  if (isInputObjectType(named)) {
    const required = Object.values(named.getFields()).filter(({ type }) => isNonNullType(type));
    return Object.fromEntries(required.map((field) => [field.name, sampleOf(field.type)]));
  }
  if (!Object.hasOwn(samples, named.name)) throw new Error(`a sample of ${named.name} is missing`);
  return samples[named.name];
}

/**
 * A request for the operation that fits the schema: what is not given names nothing that exists.
 * It selects
 * everything below, or no more than what kind of thing it is.
 */
export function callOf(
  { kind, field }: Operation,
  given: Readonly<Record<string, unknown>> = {},
  selected: 'everything' | 'kind' = 'kind',
): { readonly query: string; readonly variables: object } {
  const args = field.args.filter(({ name, type }) => isNonNullType(type) || name in given);
  const list = (text: (arg: (typeof args)[number]) => string): string =>
    args.length === 0 ? '' : `(${args.map(text).join(', ')})`;
  const declared = list(({ name, type }) => `$${name}: ${String(type)}`);
  const sent = list(({ name }) => `${name}: $${name}`);
  const isLeaf = isLeafType(getNamedType(field.type));
  const below = selected === 'kind' && !isLeaf ? '{ __typename }' : everythingIn(field.type);
  return {
    query: `${kind} ${declared} { ${field.name}${sent} ${below} }`,
    variables: Object.fromEntries(
      args.map(({ name, type }) => [name, given[name] ?? sampleOf(type)]),
    ),
  };
}

/**
 * Selects every field below but those left out, and nothing more of an object of a kind that
 * stands above.
 */
function everythingIn(
  type: GraphQLField<unknown, unknown>['type'],
  above: readonly GraphQLNamedType[] = [],
): string {
  const named = getNamedType(type);
  if (isLeafType(named) || !isObjectType(named)) return '';
  const path = [...above, named];
  const selected = Object.values(named.getFields()).flatMap((field) => {
    const below = getNamedType(field.type);
    if (leftOut.has(`${named.name}.${field.name}`)) return [];
    if (isLeafType(below)) return [field.name];
    if (path.includes(below)) return [`${field.name} { __typename }`];
    return [`${field.name}${paging(field)} ${everythingIn(field.type, path)}`];
  });
  return `{ ${selected.join(' ')} }`;
}

/** Fields that have a test of their own, and edges, which repeat the nodes. */
const leftOut = new Set([
  'BillableMetric.passedOver',
  ...Object.keys(schema.getTypeMap())
    .filter((name) => name.endsWith('Connection'))
    .map((name) => `${name}.edges`),
]);

const paging = ({ args }: GraphQLField<unknown, unknown>): string =>
  args.some(({ name }) => name === 'first') ? '(first: 2)' : '';
