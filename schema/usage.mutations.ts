import { type GraphQLSchema } from 'graphql';
import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { present } from '../src/kernel/invariant.ts';
import { checkAccess, type Access } from './access.ts';
import { type Context } from './context.ts';
import { forbidden, refusalError } from './errors.ts';
import { UsageEventInput, usageFrom } from './usage.inputs.ts';
import { RecordUsagePayload } from './usage.types.ts';

const recorders: Access[] = ['ingest'];

@Resolver()
export class UsageMutations {
  @Authorized(recorders)
  @Mutation(() => RecordUsagePayload, {
    nullable: true,
    description:
      'At most 1,000 events. An event that breaks a rule is rejected alone; one of the wrong shape ' +
      '(a missing field, no timestamp) refuses the whole call, and nothing is recorded.',
  })
  async recordUsage(
    @Arg('events', () => [UsageEventInput]) events: readonly UsageEventInput[],
    @Ctx() { engine, caller }: Context,
  ): Promise<RecordUsagePayload> {
    const outcome = await engine.recordUsage(events.map(usageFrom), caller);
    if ('refused' in outcome) throw refusalError(outcome.refused, []);
    return { ...outcome.result, position: outcome.position };
  }
}

/**
 * Has recordUsage take its events as graphql coerced them: type-graphql copies each of a thousand
 * twice, into instances of a class that does nothing.
 */
export function takeUsageAsCoerced(schema: GraphQLSchema): void {
  const fields = schema.getMutationType()?.getFields();
  const field = present(fields?.['recordUsage'], 'the schema has recordUsage');
  const mutations = new UsageMutations();
  field.resolve = async (
    root: unknown,
    args: { readonly events: readonly UsageEventInput[] },
    context: Context,
    info,
  ) => {
    if (!(await checkAccess({ root, args, context, info }, recorders))) throw forbidden();
    return mutations.recordUsage(args.events, context);
  };
}
