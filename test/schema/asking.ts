import { type GraphQLFormattedError } from 'graphql';
import { instant } from '../../src/kernel/calendar.ts';
import { type Engine } from '../../src/application/engine.ts';
import { apolloServer, buildApi } from '../../schema/build.ts';
import { type Backend, type Caller, type Views } from '../../schema/backend.ts';
import { requestContext } from '../../schema/context.ts';

export const admin: Caller = { actor: 'local', requestId: 'r-1', role: 'admin', customerId: null };

export const logged: { details: object; message: string }[] = [];

const schema = buildApi();
const server = apolloServer({
  schema,
  logger: { error: (details, message) => void logged.push({ details, message }) },
});

/** A part of the backend that no test of its kind may reach. */
const untouched = <Part extends object>(name: string, part: Partial<Part>): Part =>
  new Proxy(part, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (value === undefined)
        throw new Error(`${name}.${String(key)} was not expected to be used`);
      return value;
    },
  }) as Part;

export type Asked = {
  readonly engine?: Partial<Engine>;
  readonly views?: Partial<Views>;
  readonly caller?: Partial<Caller>;
  readonly clock?: Backend['clock'];
};

export type Answer = {
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly GraphQLFormattedError[];
  readonly status: number | undefined;
};

/**
 * Asks the real schema through the real server, with as much of a backend as the question may
 * touch.
 */
export async function ask(
  query: string,
  variables: Record<string, unknown> = {},
  { engine = {}, views = {}, caller = {}, clock }: Asked = {},
): Promise<Answer> {
  const backend: Backend = {
    engine: untouched<Engine>('engine', engine),
    // Read by the loaders' making, which asks nothing yet.
    views: untouched<Views>('views', {
      main: untouched('main', {}),
      usage: untouched('usage', {}),
      drafts: untouched('drafts', {}),
      settle: () => Promise.resolve(),
      ...views,
    }),
    clock: clock ?? { now: () => instant('2025-01-15T00:00:00Z'), isTestClock: true },
  };
  const contextValue = requestContext(backend, { ...admin, ...caller });
  const { body, http } = await server.executeOperation({ query, variables }, { contextValue });
  if (body.kind !== 'single') throw new Error('one answer was expected');
  return {
    data: body.singleResult.data,
    errors: body.singleResult.errors ?? [],
    status: http.status,
  };
}

/** Code, reason and field of the one error. */
export function only({ errors }: Answer): {
  code: unknown;
  reason: unknown;
  field: unknown;
  message: string;
} {
  const [error] = errors;
  if (error === undefined || errors.length > 1) {
    throw new Error(`one error was expected: ${JSON.stringify(errors).slice(0, 500)}`);
  }
  const { code, reason, field } = error.extensions ?? {};
  return { code, reason, field, message: error.message };
}

export { schema };
