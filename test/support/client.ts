/** A refusal or failure that the API answered with. */
export type ApiError = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly reason?: string;
    readonly field?: readonly (string | number)[];
  };
};

/** What a GraphQL request was answered with. */
export type Answer<Data> = { readonly data: Data | null; readonly errors: readonly ApiError[] };

export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  readonly errors: readonly ApiError[];
  constructor(errors: readonly ApiError[]) {
    super(
      errors
        .map(({ message, extensions }) => `${extensions.reason ?? extensions.code}: ${message}`)
        .join('\n'),
    );
    this.errors = errors;
  }
}

export type Client = {
  /** The data; throws RequestFailed when there is any error. */
  ask<Data>(query: string, variables?: object): Promise<Data>;
  /** Data and errors as they came. */
  send<Data>(query: string, variables?: object): Promise<Answer<Data>>;
};

/** A GraphQL client, as a user would write one. */
export function createClient(url: string, token?: string): Client {
  const send = async <Data>(query: string, variables: object = {}): Promise<Answer<Data>> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data = null, errors = [] } = (await response.json()) as Partial<Answer<Data>>;
    return { data, errors };
  };
  return {
    send,
    async ask<Data>(query: string, variables?: object) {
      const { data, errors } = await send<Data>(query, variables);
      if (errors.length > 0 || data === null) throw new RequestFailed(errors);
      return data;
    },
  };
}
