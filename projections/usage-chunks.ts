/** Stretches of the list, short enough for one statement's parameters. */
export function* chunked<T>(list: readonly T[], size = 500): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}
