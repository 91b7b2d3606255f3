import { type ApolloServerPlugin } from '@apollo/server';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  getNamedType,
  getNullableType,
  getVariableValues,
  GraphQLError,
  isLeafType,
  isListType,
  Kind,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValidationRule,
} from 'graphql';
import { getComplexity, type ComplexityEstimator } from 'graphql-query-complexity/cjs';
import { type Context } from './context.ts';
import { refusalError } from './errors.ts';

const deepest = 12;
const costliest = 100_000;
const largestPage = 1000;
const defaultPage = 50;

/** Lists that are no connections: how many items one usually has. Any other: five. */
const usualLengths: Readonly<Record<string, number>> = {
  contracts: 2,
  entitlements: 10,
  rateSchedule: 10,
  scheduledCharges: 2,
  occurrences: 12,
  pricedBy: 2,
};
const usualLength = 5;
const leafCost = 0.1;
/** Leaves that are counted when they are asked for. */
const countCosts: Readonly<Record<string, number>> = { usageCount: 1000 };
/** What is read as of an earlier moment is computed anew, from the log. */
const pastCost = 1000;
/** What reads all usage behind an invoice, besides its own fields. */
const auditCost = 5000;
/** It may hold a thousand events of usage. */
const eventDataCost = 5;
const auditFields: readonly string[] = ['replayInvoice', 'usageProof'];

/** Refuses a document that is nested too deeply; introspection is left to graphql's own rule. */
export const depthRule: ValidationRule = maxDepthRule({
  n: deepest,
  flattenFragments: true,
  propagateOnRejection: false,
  onReject: [
    (context, error) => {
      const found = /found (\d+)/.exec(error.message)?.[1] ?? 'more';
      const detail = `the limit is ${String(deepest)} levels, this has ${found}`;
      context?.reportError(refusalError({ reason: 'query_too_deep', detail }));
    },
  ],
});

/** What callers are told of the limits; fieldCost and depthRule hold them. */
export const limitsTold =
  `A document may be ${String(deepest)} levels deep and cost ${costliest.toLocaleString('en-US')}: a leaf costs a tenth, ` +
  `the data of an event ${String(eventDataCost)}, ` +
  'an object 1 and its fields, a page 1 and `first` times (1 and the fields of an item), usageCount 1,000, and `asOf` ' +
  `${pastCost.toLocaleString('en-US')} more, replayInvoice and usageProof ${auditCost.toLocaleString('en-US')} more. ` +
  'Where that is too much (`query_too_costly`), ask for smaller inner pages. Replays and proofs are computed two at ' +
  'a time; where a hundred wait, one more is `UNAVAILABLE`.';

type CostOfField = (options: Parameters<ComplexityEstimator>[0]) => number;

/** An object costs 1, a leaf a tenth, and a list that many times what one of its items costs. */
export const fieldCost: ComplexityEstimator = (options) =>
  costOfField(options) +
  (options.args['asOf'] ? pastCost : 0) +
  (auditFields.includes(options.field.name) ? auditCost : 0);

const costOfField: CostOfField = ({ type, field, args, childComplexity }) => {
  if (field.name.startsWith('__') || type.name.startsWith('__')) return 1;
  if (type.name === 'DomainEvent' && field.name === 'data') return eventDataCost;
  if (isLeafType(getNamedType(field.type))) return countCosts[field.name] ?? leafCost;
  if (type.name.endsWith('Connection')) return childComplexity;
  if (field.args.some(({ name }) => name === 'first')) {
    return 1 + pageSize(args['first']) * (1 + childComplexity);
  }
  if (!isListType(getNullableType(field.type))) return 1 + childComplexity;
  return 1 + (usualLengths[field.name] ?? usualLength) * (1 + childComplexity);
};

/** What the operation may cost at most, before anything of it is done. */
export const queryCost = (
  schema: GraphQLSchema,
  query: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): number =>
  getComplexity({
    schema,
    query,
    variables,
    estimators: [fieldCost],
    ...(operation.name === undefined ? {} : { operationName: operation.name.value }),
  });

/** Refuses an operation that may cost too much. */
export function costLimit(): ApolloServerPlugin<Context> {
  const known = new WeakMap<OperationDefinitionNode, number>();
  return {
    requestDidStart: () =>
      Promise.resolve({
        async didResolveOperation({ schema, document, operation, request }) {
          if (operation === undefined) return;
          const variables = request.variables ?? {};
          const cost = known.get(operation) ?? costOf(schema, document, operation, variables);
          if (cost === null) return;
          if (!variesWithVariables(operation)) known.set(operation, cost);
          if (cost <= costliest) return;
          const detail = `the limit is ${String(costliest)}, this may cost ${String(Math.ceil(cost))}`;
          throw badRequest(refusalError({ reason: 'query_too_costly', detail }));
        },
      }),
  };
}

/** null: the variables do not fit, as the execution will say. */
function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): number | null {
  try {
    return queryCost(schema, document, operation, variables);
  } catch (error) {
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    if (errors !== undefined) return null;
    // An error about an argument names it; the other one is that there are too many fields to add
    // up.
    if (error instanceof GraphQLError && error.nodes === undefined) return Infinity;
    throw error instanceof GraphQLError ? badRequest(error) : error;
  }
}

/** Only a page size, an @include or a moment may change the cost from one call to the next. */
const variesWithVariables = ({ variableDefinitions = [] }: OperationDefinitionNode): boolean =>
  variableDefinitions.some(({ type }) => {
    const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
    return (
      named.kind === Kind.NAMED_TYPE && ['Int', 'Boolean', 'AsOfInput'].includes(named.name.value)
    );
  });

const pageSize = (first: unknown): number =>
  typeof first === 'number' ? Math.min(Math.max(first, 1), largestPage) : defaultPage;

const badRequest = ({ message, nodes, extensions }: GraphQLError): GraphQLError =>
  new GraphQLError(message, {
    nodes: nodes ?? null,
    extensions: { code: 'BAD_USER_INPUT', ...extensions, http: { status: 400 } },
  });
