import { setTimeout as delay } from 'node:timers/promises';
import { RequestFailed, type Answer, type Client } from './client.ts';

/** Spreads requests over several servers, as what stands before them does. */
export type Gateway = Client & {
  /** Requests that one server did not answer, and another was sent. */
  readonly resent: { count: number };
};

const pauseMs = 100;

/**
 * One server after the other gets a request; where it gives no answer, or cannot answer now, the
 * next one gets the same. Only for requests that may be sent again.
 */
export function createGateway(clients: readonly Client[], withinMs = 60_000): Gateway {
  const resent = { count: 0 };
  let turn = 0;
  const next = (): Client => {
    const client = clients[turn % clients.length];
    turn += 1;
    if (client === undefined) throw new Error('there is no server');
    return client;
  };
  const send = async <Data>(query: string, variables?: object): Promise<Answer<Data>> => {
    const givenUpAt = performance.now() + withinMs;
    for (;;) {
      const answer = await next()
        .send<Data>(query, variables)
        .catch((error: unknown) => error as Error);
      if (!(answer instanceof Error) && !answer.errors.some(isPassing)) return answer;
      if (performance.now() > givenUpAt) {
        if (answer instanceof Error) throw answer;
        return answer;
      }
      resent.count += 1;
      await delay(pauseMs);
    }
  };
  return {
    resent,
    send,
    async ask<Data>(query: string, variables?: object) {
      const { data, errors } = await send<Data>(query, variables);
      if (errors.length > 0 || data === null) throw new RequestFailed(errors);
      return data;
    },
  };
}

const isPassing = ({ extensions: { code } }: RequestFailed['errors'][number]): boolean =>
  code === 'UNAVAILABLE' || code === 'TIMEOUT';
