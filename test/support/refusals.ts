import { expect } from 'vitest';
import { type ApiError } from './client.ts';
import { type Account } from './refusals-account.ts';

/**
 * What is wrong; the mutation it is sent to as `input`, or a document; the input or variables; the
 * code, reason and
 * field expected, `-` for none; and what the message must name beside the field.
 */
export type Wrong = readonly [
  what: string,
  asked: string,
  sent: (account: Account) => object,
  expected: string,
  says?: string,
];

/** The document that the case sends: its own, or the mutation of that name. */
export function documentOf(asked: string): string {
  if (asked.includes('{')) return asked;
  const type = `${asked.charAt(0).toUpperCase()}${asked.slice(1)}Input!`;
  return `mutation ($input: ${type}) { ${asked}(input: $input) { __typename } }`;
}

/** The reason that a case expects. */
export const reasonOf = ([, , , expected]: Wrong): string => expected.split(' ')[1] ?? '';

/**
 * Sends what is wrong, and sees that it is refused as expected, and that the log has nothing more
 * than before.
 */
export async function expectRefused(account: Account, wrong: Wrong): Promise<void> {
  const [, asked, sent, expected, says = ''] = wrong;
  const variables = asked.includes('{') ? sent(account) : { input: sent(account) };
  const errors = await errorsOf(account, documentOf(asked), variables);
  expect(errors.map(summaryOf)).toEqual([expected]);
  const [error] = errors;
  if (error !== undefined) expectHelpful(error, says);
}

/** `CODE reason input.field.0`, with a dash for what is not there. */
export const summaryOf = ({ extensions: { code, reason, field } }: ApiError): string =>
  [code, reason ?? '-', field?.join('.') ?? '-'].join(' ');

/**
 * The message names the field, says what is wrong with it, unless that is plain, and what to do.
 */
function expectHelpful({ message, extensions: { field, reason } }: ApiError, says: string): void {
  expect(message).toContain(says);
  expect(message.length).toBeGreaterThan(25);
  if (field !== undefined) expect(message.startsWith(`${printed(field)}: `), message).toBe(true);
  if (reason !== undefined) expect(message).toMatch(/(?:; |: send )[a-z].*\.$/);
}

const printed = (field: readonly (string | number)[]): string =>
  field
    .map((part) => (typeof part === 'number' ? `[${String(part)}]` : `.${part}`))
    .join('')
    .slice(1);

/** What a case sends in place of what is all right: as it is, or made of the account. */
export type Change = object | ((account: Account) => object);

export const changeOf = (change: Change, account: Account): object =>
  isMade(change) ? change(account) : change;

const isMade = (change: Change): change is (account: Account) => object =>
  typeof change === 'function';

/** A value that is longer than any name may be. */
export const long = 'x'.repeat(256);

/** That the value of a mutation's input is wrong for this reason. */
export const bad = (reason: string, field: string): string =>
  `BAD_USER_INPUT ${reason} input.${field}`;

/** That an id of a mutation's input names something as it was before. */
export const suffixed = (field: string): string => `NOT_FOUND id_with_suffix ${field}`;

/** Asks something that must add nothing to the log. */
export async function recordingNothing<Result>(
  { head }: Pick<Account, 'head'>,
  ask: () => Promise<Result>,
): Promise<Result> {
  const before = await head();
  const result = await ask();
  expect(await head(), 'the end of the log').toBe(before);
  return result;
}

/** The errors with which a request is answered that adds nothing to the log. */
export const errorsOf = (
  account: Account,
  query: string,
  variables: object = {},
): Promise<readonly ApiError[]> =>
  recordingNothing(account, async () => (await account.client.send(query, variables)).errors);
