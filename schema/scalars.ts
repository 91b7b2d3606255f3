import {
  GraphQLError,
  GraphQLScalarType,
  Kind,
  print,
  valueFromASTUntyped,
  type ValueNode,
} from 'graphql';
import { GraphQLJSONObject, GraphQLSafeInt } from 'graphql-scalars';
import { parseInstant, type Instant } from '../src/kernel/calendar.ts';
import { parseDecimal, printDecimal } from '../src/kernel/decimal.ts';
import { InexactNumber } from '../src/usage/commands.ts';
import { isHeldExactly } from '../src/usage/written-number.ts';
import { cut } from './shown.ts';

const integerDigits = 15;
const decimalCharacters = 1_000;
const positionDigits = 18;

/** Text of a decimal in its one canonical form. */
export const DecimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description:
    'Exact decimal number as a string in plain notation: "0.10", "1234567.000001". Compare as numbers, ' +
    'not as text.\nAccepts a string, or an integer of at most 15 digits; a JSON float is refused.',
  serialize: text('Decimal'),
  parseValue: (value) => {
    if (typeof value === 'string') return canonical(value);
    if (typeof value === 'number' && Number.isInteger(value))
      return canonical(integer(String(value)));
    throw new GraphQLError(noDecimal(shown(value)));
  },
  parseLiteral: (node) => {
    if (node.kind === Kind.STRING) return canonical(node.value);
    if (node.kind === Kind.INT) return canonical(integer(node.value));
    throw new GraphQLError(noDecimal(cut(print(node))), { nodes: node });
  },
});

export const DateTimeScalar = new GraphQLScalarType<Instant, string>({
  name: 'DateTime',
  description:
    'RFC 3339 instant of the years 1000 to 9999, any offset on input; printed in UTC with milliseconds: "2024-10-01T00:00:00.000Z".',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: text('DateTime'),
  parseValue: instantFrom,
  parseLiteral: (node) => instantFrom(node.kind === Kind.STRING ? node.value : undefined),
});

export const JSONObjectScalar = new GraphQLScalarType({
  ...GraphQLJSONObject.toConfig(),
  name: 'JSONObject',
  description: 'Arbitrary JSON object.',
  specifiedByURL: 'https://ecma-international.org/publications-and-standards/standards/ecma-404/',
  parseLiteral: (node, variables) => {
    if (node.kind === Kind.OBJECT) return jsonFrom(node, variables ?? {});
    throw new GraphQLError('Send a JSON object: {"region": "us-east-1"}.', { nodes: node });
  },
});

export const CurrencyScalar = new GraphQLScalarType<string, string>({
  name: 'Currency',
  description: 'ISO 4217 code, upper case.',
  specifiedByURL: 'https://www.iso.org/iso-4217-currency-codes.html',
  serialize: text('Currency'),
  parseValue: currencyFrom,
  parseLiteral: (node) => currencyFrom(node.kind === Kind.STRING ? node.value : undefined),
});

export const LogPositionScalar = new GraphQLScalarType<bigint, string>({
  name: 'LogPosition',
  description:
    'Position in the event log, as a string of digits; a later event has a greater one. ' +
    'Positions compare as integers, not as text.',
  serialize: (value) => {
    if (typeof value === 'bigint') return value.toString();
    throw new TypeError('a LogPosition is answered as a bigint');
  },
  parseValue: positionFrom,
  parseLiteral: (node) => positionFrom(node.kind === Kind.STRING ? node.value : undefined),
});

export const SafeIntScalar = new GraphQLScalarType({
  ...GraphQLSafeInt.toConfig(),
  description: "Count beyond Int's 2,147,483,647, as a JSON number of at most 2^53 - 1.",
  specifiedByURL: 'https://www.ecma-international.org/ecma-262/#sec-number.issafeinteger',
});

const noDecimal = (sent: string): string =>
  `${sent} is no decimal in plain notation. Send a string, like "0.10", or an integer of at most ` +
  `${String(integerDigits)} digits; a float is not exact.`;

function canonical(written: string): string {
  const parsed = written.length <= decimalCharacters ? parseDecimal(written) : undefined;
  if (parsed === undefined) {
    throw new GraphQLError(noDecimal(shown(written)));
  }
  return printDecimal(parsed);
}

function integer(written: string): string {
  if (/^-?\d{1,15}$/.test(written)) return written;
  throw new GraphQLError(
    `${cut(written)} has more than ${String(integerDigits)} digits. Send it as a string.`,
  );
}

function instantFrom(value: unknown): Instant {
  const parsed = typeof value === 'string' ? parseInstant(value) : undefined;
  if (parsed !== undefined) return parsed;
  throw new GraphQLError(
    `${shown(value)} is no instant of the years 1000 to 9999. Send RFC 3339 with an offset, like "2024-10-01T00:00:00Z".`,
  );
}

function currencyFrom(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new GraphQLError('Send a currency as its ISO 4217 code in upper case, like "USD".');
}

function positionFrom(value: unknown): bigint {
  if (typeof value === 'string' && /^\d+$/.test(value) && value.length <= positionDigits) {
    return BigInt(value);
  }
  throw new GraphQLError(
    `${shown(value)} is no log position. Send a string of digits, as an earlier answer gave it.`,
  );
}

/**
 * As valueFromASTUntyped, but a number that a double cannot be trusted to hold stays as it was
 * written.
 */
function jsonFrom(node: ValueNode, variables: Record<string, unknown>): unknown {
  switch (node.kind) {
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, jsonFrom(value, variables)]),
      );
    case Kind.LIST:
      return node.values.map((value) => jsonFrom(value, variables));
    case Kind.INT:
    case Kind.FLOAT:
      return exactNumber(node.value);
    case Kind.NULL:
    case Kind.BOOLEAN:
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.VARIABLE:
      return valueFromASTUntyped(node, variables);
  }
}

const exactNumber = (written: string): number | InexactNumber =>
  isHeldExactly(written) ? Number(written) : new InexactNumber(written);

function text(name: string): (value: unknown) => string {
  return (value) => {
    if (typeof value === 'string') return value;
    throw new TypeError(`a ${name} is answered as text`);
  };
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  if (value instanceof InexactNumber) return cut(value.text);
  return value === undefined ? 'What was sent' : cut(JSON.stringify(value));
}
