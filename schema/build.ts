import './reflect.ts';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError, isInputObjectType, type GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { present } from '../src/kernel/invariant.ts';
import { checkAccess } from './access.ts';
import { suffixIds } from './as-of.ts';
import { AuditQueries } from './audit.queries.ts';
import { CatalogMutations } from './catalog.mutations.ts';
import {
  BillableMetricQueries,
  ProductQueries,
  RateCardQueries,
  RateQueries,
} from './catalog.queries.ts';
import { ClockMutations } from './clock.mutations.ts';
import { ClockQueries } from './clock.queries.ts';
import { type Context } from './context.ts';
import { ContractMutations } from './contracts.mutations.ts';
import { ContractQueries, ScheduledChargeQueries } from './contracts.queries.ts';
import { CustomerMutations } from './customers.mutations.ts';
import { CustomerQueries } from './customers.queries.ts';
import { EntitlementQueries } from './entitlements.queries.ts';
import { isUnexpected, publicError } from './errors.ts';
import { ExplanationQueries } from './explain.queries.ts';
import { InvoiceMutations } from './invoices.mutations.ts';
import { InvoiceLineItemQueries, InvoiceQueries } from './invoices.queries.ts';
import { costLimit, depthRule, limitsTold } from './limits.ts';
import { SignUpMutations } from './sign-up.mutations.ts';
import { refuseIdsOfThePast } from './past-ids.ts';
import { refuseBrokenText } from './texts.ts';
import { ContractUnratedUsageQueries, UnratedUsageQueries } from './unrated.queries.ts';
import { UsageListQueries } from './usage-lists.queries.ts';
import { UsageTraceQueries } from './usage-trace.queries.ts';
import { takeUsageAsCoerced, UsageMutations } from './usage.mutations.ts';
import { RatedUsageQueries, UsageQueries } from './usage.queries.ts';

const oneOfInputs = ['ScheduleInput', 'AsOfInput'];
const mostTokens = 250_000;

/** The schema, with its resolvers. */
export function buildApi(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      BillableMetricQueries,
      ProductQueries,
      RateQueries,
      RateCardQueries,
      CatalogMutations,
      CustomerQueries,
      CustomerMutations,
      ContractQueries,
      ScheduledChargeQueries,
      EntitlementQueries,
      ContractUnratedUsageQueries,
      UnratedUsageQueries,
      ContractMutations,
      UsageQueries,
      RatedUsageQueries,
      UsageTraceQueries,
      UsageListQueries,
      UsageMutations,
      InvoiceQueries,
      InvoiceLineItemQueries,
      InvoiceMutations,
      SignUpMutations,
      AuditQueries,
      ExplanationQueries,
      ClockQueries,
      ClockMutations,
    ],
    authChecker: checkAccess,
    validate: false,
  });
  for (const name of oneOfInputs) {
    const type = present(schema.getType(name), `an input type that can be marked: ${name}`);
    if (isInputObjectType(type)) type.isOneOf = true;
  }
  takeUsageAsCoerced(schema);
  refuseBrokenText(schema);
  refuseIdsOfThePast(schema);
  suffixIds(schema);
  const queries = present(schema.getQueryType(), 'a query type');
  queries.description = limitsTold;
  return schema;
}

type Logger = { error(details: object, message: string): void };

export const apolloServer = ({
  schema,
  logger,
}: {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
}): ApolloServer<Context> =>
  new ApolloServer<Context>({
    schema,
    csrfPrevention: true,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxLexicalTokens: mostTokens },
    validationRules: [depthRule],
    plugins: [costLimit(), logUnexpected(logger), ApolloServerPluginLandingPageDisabled()],
    formatError: (formatted, error) =>
      publicError(asGraphQLError(error, formatted.extensions)).toJSON(),
  });

/** Apollo's own errors come with a code that only the formatted error is sure to carry. */
function asGraphQLError(
  error: unknown,
  extensions: Record<string, unknown> | undefined,
): GraphQLError {
  if (error instanceof GraphQLError) return error;
  return new GraphQLError(error instanceof Error ? error.message : String(error), {
    extensions: extensions ?? {},
  });
}

const logUnexpected = (logger: Logger): ApolloServerPlugin<Context> => ({
  requestDidStart: () =>
    Promise.resolve({
      didEncounterErrors({ errors, contextValue: { caller }, operationName }) {
        for (const error of errors.filter(isUnexpected)) {
          const details = { requestId: caller.requestId, operationName, path: error.path };
          logger.error({ ...details, err: error.originalError ?? error }, 'a request failed');
        }
        return Promise.resolve();
      },
    }),
});
