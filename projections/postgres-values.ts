import { invariant } from '../src/kernel/invariant.ts';

/**
 * PostgreSQL's text takes every character but NUL and halves of pairs, which SQLite's and JSON's
 * take. These and the escape are written as two characters; NUL and the escape keep their order.
 */
const escape = '\x01';
const halves = { from: 0xd800, writtenFrom: 0x3400 };
// eslint-disable-next-line no-control-regex -- NUL and the escape
const toEscape = /[\0\x01\p{Surrogate}]/gu;
// eslint-disable-next-line no-control-regex -- the escape
const toRead = /\x01([\x01\x02\u3400-\u3bff])/g;

const written = (character: string): string => {
  if (character === '\0') return `${escape}\x01`;
  if (character === escape) return `${escape}\x02`;
  return escape + shifted(character, halves.writtenFrom - halves.from);
};

const read = (_pair: string, character: string): string => {
  if (character === '\x01') return '\0';
  if (character === '\x02') return escape;
  return shifted(character, halves.from - halves.writtenFrom);
};

const shifted = (character: string, by: number): string =>
  String.fromCharCode(character.charCodeAt(0) + by);

/** A statement's parameters as PostgreSQL takes them. */
export const toPostgres = (parameters: readonly unknown[]): unknown[] =>
  parameters.map((value) =>
    typeof value === 'string' ? value.replaceAll(toEscape, written) : value,
  );

const text = (value: string): string =>
  value.includes(escape) ? value.replaceAll(toRead, read) : value;

function bigint(value: string): number {
  const number = Number(value);
  invariant(Number.isSafeInteger(number), 'positions and counts are safe integers');
  return number;
}

/** How the text of a value is read, by its type's number; other types are read as always. */
export const fromPostgres: Readonly<Record<number, (value: string) => unknown>> = {
  20: bigint,
  25: text,
};
