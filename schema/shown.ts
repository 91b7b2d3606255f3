const longestValue = 100;
const longestMessage = 1_000;

/** The value as a message may name it: its first 100 characters, where it has more. */
export const cut = (written: string): string =>
  written.length <= longestValue ? written : `${written.slice(0, longestValue)}...`;

/**
 * A message that may echo what was sent, however long that is: quoted values are cut, and of what
 * is then still too long the middle is left out.
 */
export function shortened(message: string): string {
  let short = '';
  let from = 0;
  while (from < message.length && short.length <= longestMessage) {
    const open = placeOf('"', message, from);
    const end = endOfQuoted(message, open);
    const quoted = message.slice(open, end);
    short += message.slice(from, open);
    short +=
      quoted.length <= longestValue + 2 ? quoted : `${quoted.slice(0, longestValue + 1)}..."`;
    from = end;
  }
  if (short.length <= longestMessage) return short;
  const half = longestMessage / 2;
  return `${short.slice(0, half)} ... ${message.slice(-half)}`;
}

/** Behind the quote that closes the one at that place. */
function endOfQuoted(message: string, open: number): number {
  let close = placeOf('"', message, open + 1);
  while (close < message.length && isEscaped(message, close)) {
    close = placeOf('"', message, close + 1);
  }
  return Math.min(close + 1, message.length);
}

function isEscaped(message: string, place: number): boolean {
  let backslashes = 0;
  while (message[place - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function placeOf(character: string, message: string, from: number): number {
  const found = message.indexOf(character, from);
  return found === -1 ? message.length : found;
}
