import type { Past } from '../projections/past.ts';
import { type Backend, type Caller } from './backend.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** What resolvers get, made anew for every request. */
export type Context = Backend & {
  readonly caller: Caller;
  readonly loaders: Loaders;
  /** An earlier moment that the loaders and the clock answer from; null: it is today. */
  readonly past: Past | null;
};

export const requestContext = (backend: Backend, caller: Caller): Context => ({
  engine: backend.engine,
  views: backend.views,
  clock: backend.clock,
  caller,
  loaders: createLoaders(backend),
  past: null,
});
