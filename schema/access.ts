import { type AuthCheckerFn } from 'type-graphql';
import { type Context } from './context.ts';
import { forbidden } from './errors.ts';

/**
 * What a resolver may be declared for, beside admin, who may all: `read` sees the whole account,
 * `customer` is a read token that is bound to one customer, `ingest` records usage.
 */
export type Access = 'read' | 'customer' | 'ingest';

export const checkAccess: AuthCheckerFn<Context, Access> = ({ context: { caller } }, roles) => {
  const access = accessOf(caller);
  if (access === 'admin' || roles.includes(access)) return true;
  throw forbidden();
};

/** Whether the caller may know of what belongs to that customer. */
export const maySee = ({ caller }: Context, customerId: string): boolean =>
  caller.customerId === null || caller.customerId === customerId;

const accessOf = ({ role, customerId }: Context['caller']): Access | 'admin' =>
  role === 'read' && customerId !== null ? 'customer' : role;
