import { createHash, timingSafeEqual } from 'node:crypto';
import { type AccessToken, type Role } from '../config.ts';

/** Who a request comes from, and what it may do. */
export type Identity = {
  readonly actor: string;
  readonly role: Role;
  /** The one customer that the caller may see; null: all. */
  readonly customerId: string | null;
};

/** An identified caller, in one request. */
export type RequestCaller = Identity & { readonly requestId: string };

/** Who the Authorization header speaks for; null: nobody. */
export type Authenticate = (authorization: string | undefined) => Identity | null;

const local: Identity = { actor: 'local', role: 'admin', customerId: null };

/** Without tokens everyone is let in as `local`: the server then listens on this machine only. */
export function authentication(tokens: readonly AccessToken[]): Authenticate {
  if (tokens.length === 0) return () => local;
  const known = tokens.map(({ digest, role, customerId }) => ({
    digest: Buffer.from(digest, 'hex'),
    identity: { actor: `token:${digest.slice(0, 8)}`, role, customerId },
  }));
  return (authorization) => {
    const presented = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (presented === undefined) return null;
    const digest = createHash('sha256').update(presented).digest();
    return known.find((token) => timingSafeEqual(token.digest, digest))?.identity ?? null;
  };
}

/**
 * Whether a Host header names this machine: a page whose name was pointed at it cannot make it say
 * so.
 */
export const isLoopbackHost = (host: string): boolean =>
  /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i.test(host);
