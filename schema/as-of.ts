import { GraphQLID, isNonNullType, isObjectType, type GraphQLSchema } from 'graphql';
import { Field, InputType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import type { MomentAsked } from '../projections/past-moment.ts';
import { reached } from './answers.ts';
import { type Context } from './context.ts';
import { refusalError } from './errors.ts';
import { createPastLoaders } from './past-loaders.ts';
import { DateTimeScalar, LogPositionScalar } from './scalars.ts';

@InputType({
  description:
    'The world as the log knew it then: everything recorded up to a position, or the longest prefix of the log whose ' +
    'events were all recorded by an instant. Dates that default to now default to that instant, or to that of the ' +
    "position's last event.",
})
export class AsOfInput {
  @Field(() => LogPositionScalar, { nullable: true })
  position?: bigint | null;
  @Field(() => DateTimeScalar, { nullable: true })
  recordedAt?: Instant | null;
}

/** Something that is shown; world: what it was read in, where that is not today's. */
export type Seen = { world?: Context };

/** What is below a thing is read in the world that the thing was read in. */
export const worldOf = ({ world }: Seen, context: Context): Context => world ?? context;

/** The thing, as it was read in that world. */
export const seenIn = <Node extends object>(world: Context, node: Node): Node & Seen =>
  world.past === null ? node : { ...node, world };

/** In one request, each moment is opened once. */
const opened = new WeakMap<Context, Map<string, Promise<Context>>>();

/** The world that the argument asks for; null or nothing: the one at hand. */
export function worldAsOf(
  context: Context,
  asOf: AsOfInput | null | undefined,
): Context | Promise<Context> {
  const asked = momentIn(asOf);
  if (asked === null) return context;
  const known = opened.get(context) ?? new Map<string, Promise<Context>>();
  opened.set(context, known);
  const name = 'position' in asked ? String(asked.position) : asked.recordedAt;
  const world = known.get(name) ?? openWorld(context, asked);
  known.set(name, world);
  return world;
}

/** As worldAsOf, once the read models have reached the position that is asked for. */
export async function worldAsked(
  context: Context,
  asOf: AsOfInput | null | undefined,
  minPosition: bigint | null | undefined,
): Promise<Context> {
  // An earlier moment does not wait for what was recorded just now.
  if (momentIn(asOf) === null || typeof minPosition === 'bigint') {
    await reached(context, minPosition);
  }
  return worldAsOf(context, asOf);
}

function momentIn(asOf: AsOfInput | null | undefined): MomentAsked | null {
  const { position, recordedAt } = asOf ?? {};
  if (position !== null && position !== undefined) return { position };
  return recordedAt === null || recordedAt === undefined ? null : { recordedAt };
}

async function openWorld(context: Context, asked: MomentAsked): Promise<Context> {
  const { views, clock } = context;
  const past = await views.audit.past(asked, clock.now());
  if ('refused' in past) throw refusalError(past.refused, ['asOf']);
  return {
    ...context,
    past,
    clock: { ...clock, now: () => past.now },
    loaders: createPastLoaders(past, context.loaders),
  };
}

/** Has ids say at which position a thing was read, so that it is another one than today's. */
export function suffixIds(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    const id = isObjectType(type) ? type.getFields()['id'] : undefined;
    if (id === undefined || !isNonNullType(id.type) || id.type.ofType !== GraphQLID) continue;
    id.resolve = ({ id: own, world }: Seen & { readonly id: string }) => {
      const past = world?.past ?? null;
      return past === null ? own : `${own}@${String(past.through)}`;
    };
  }
}
