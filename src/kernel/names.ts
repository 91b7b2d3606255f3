import { refuse, type Refused } from './decider.ts';

/** Most characters of the name of a thing. */
export const longestName = 255;

/** Most characters of a key: an alias, or an id that the caller chose. */
export const longestKey = 128;

type Field = readonly (string | number)[];

/** Whether the text has more characters (code points) than that. */
export const isLongerThan = (text: string, characters: number): boolean =>
  text.length > characters &&
  (text.length > 2 * characters || Array.from(text).length > characters);

/** Whether stores give the text back as it is: it has no half of a surrogate pair, and no NUL. */
export const isWellFormed = (text: string): boolean =>
  text.isWellFormed() && !text.includes('\u0000');

/** The text as a key that stores give back as it is; what is not well formed, as JSON writes it. */
export const wellFormed = (text: string): string =>
  isWellFormed(text) ? text : JSON.stringify(text);

export const isBlank = (text: string): boolean => text.trim() === '';

/** Why nothing can have this name; undefined when it can. */
export function nameFault(
  name: string,
  field: Field = ['name'],
): Refused<'name_empty' | 'name_too_long'> | undefined {
  if (isBlank(name)) return refuse('name_empty', field);
  if (isLongerThan(name, longestName)) return refuse('name_too_long', field);
  return undefined;
}

/**
 * Why these cannot be the aliases of anything, with the place in the list; undefined when they can.
 */
export function aliasFault(
  aliases: readonly string[],
  field: string,
): Refused<'alias_empty' | 'alias_too_long'> | undefined {
  for (const [index, alias] of aliases.entries()) {
    if (alias === '') return refuse('alias_empty', [field, index]);
    if (isLongerThan(alias, longestKey)) return refuse('alias_too_long', [field, index]);
  }
  return undefined;
}

/** The values in order, each where it came first. */
export const distinct = <T>(values: readonly T[]): readonly T[] => Array.from(new Set(values));
