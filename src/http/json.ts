import { parse as parseLossless } from 'lossless-json';
import { InexactNumber } from '../usage/commands.ts';
import { isHeldExactly } from '../usage/written-number.ts';

/** The text is not JSON that is taken here; the message says where it goes wrong. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson';
}

/** Shown as it was written, in messages that echo it. */
export class NumberAsWritten extends InexactNumber {
  toJSON(): string {
    return this.text;
  }
}

/**
 * A number as written that may need more than 15 digits or leave the range of a double; never
 * misses one.
 */
const suspectNumber = /(?:^|[\s:,[])-?(?:[\d.]{16,}|[\d.]+[eE][+-]?\d{3,})/;
const suspectKey = /__proto__|\\u/;

/**
 * The value that the JSON text writes: what JSON.parse gives, but an InexactNumber for each number
 * that needs more than 15 significant digits or is out of range. Throws MalformedJson; a key
 * "__proto__" is not taken.
 */
export function parseJson(text: string): unknown {
  const value = guarded(text, () => JSON.parse(text) as unknown);
  if (suspectKey.test(text)) refusePrototypeKeys(value);
  if (!suspectNumber.test(text)) return value;
  return guarded(text, () =>
    parseLossless(text, null, {
      parseNumber: parseExact,
      onDuplicateKey: ({ newValue }) => newValue,
    }),
  );
}

const parseExact = (written: string): number | InexactNumber =>
  isHeldExactly(written) ? Number(written) : new NumberAsWritten(written);

function guarded(text: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    throw new MalformedJson(whatIsWrong(text, error), { cause: error });
  }
}

/** JSON.parse does not always say where; lossless-json does. */
function whatIsWrong(text: string, error: unknown): string {
  try {
    parseLossless(text);
  } catch (located) {
    if (located instanceof SyntaxError) return located.message.replace(longQuote, cutQuote);
    if (located instanceof RangeError) return 'arrays or objects are nested too deeply';
  }
  return error instanceof SyntaxError ? error.message : 'the text cannot be read';
}

const longQuote = /'.{101,}'/s;
const cutQuote = (quote: string): string => `${quote.slice(0, 101)}...'`;

function refusePrototypeKeys(root: unknown): void {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__'))
      throw new MalformedJson('the key "__proto__" is not taken');
    for (const part of Object.values(value) as unknown[]) open.push(part);
  }
}
