import { isAscii, isUtf8 } from 'node:buffer';
import { type Recording } from '../application/usage-intake.ts';
import { MalformedJson, parseJson } from './json.ts';
import { hasControls } from './plain-block.ts';

/** Takes a body of lines, piece by piece, however it is cut. */
export type LineReader = {
  push(chunk: Buffer): void;
  /** The body has ended, and its last line with it. */
  end(): void;
};

/** Most bytes of a line; no more of it are held. */
export const longestLineBytes = 1024 * 1024;

const lineFeed = 10;
const backslash = 92;

/** One usage event a line. A line's index is its number from 0; blank lines have one, and no event. */
export function createLineReader(recording: Recording): LineReader {
  // The pieces of the line that has not ended yet.
  let rest: Buffer[] = [];
  let restBytes = 0;
  let isTooLong = false;

  function keep(piece: Buffer): void {
    restBytes += piece.length;
    if (restBytes > longestLineBytes) {
      isTooLong = true;
      rest = [];
    } else if (piece.length > 0) rest.push(piece);
  }

  /** What is kept, with the piece at which its last line ends. */
  function withRest(piece: Buffer): Buffer {
    const whole = rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
    rest = [];
    restBytes = 0;
    return whole;
  }

  return {
    push(chunk) {
      let piece = chunk;
      if (isTooLong) {
        const end = piece.indexOf(lineFeed);
        if (end < 0) return;
        rejectLong(recording);
        isTooLong = false;
        restBytes = 0;
        piece = piece.subarray(end + 1);
      }
      const end = piece.lastIndexOf(lineFeed) + 1;
      if (end > 0) takeBlock(withRest(piece.subarray(0, end)), recording);
      keep(piece.subarray(end));
    },
    end() {
      if (isTooLong) rejectLong(recording);
      else if (restBytes > 0) takeBlock(withRest(Buffer.alloc(0)), recording);
    },
  };
}

/** Whole lines; the last one may lack its line feed. */
function takeBlock(block: Buffer, recording: Recording): void {
  if (block.length > longestLineBytes || !isUtf8(block)) {
    takeOneByOne(block, recording);
    return;
  }
  const ascii = isAscii(block) ? block : null;
  const text = block.toString(ascii === null ? 'utf8' : 'latin1');
  const isPlain = !hasControls(block);
  let escape = block.includes(backslash) ? text.indexOf('\\') : Infinity;
  let from = 0;
  while (from < text.length) {
    const end = endOfLine(text, from);
    if (!isPlain || escape < end || !recording.takePlain(text, from, end, ascii)) {
      takeText(text.slice(from, end), recording);
    }
    if (escape < end) escape = placeOf(text.indexOf('\\', end));
    from = end + 1;
  }
}

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
};

const placeOf = (index: number): number => (index < 0 ? Infinity : index);

/** For the rare block of which not every line can be read. */
function takeOneByOne(block: Buffer, recording: Recording): void {
  let from = 0;
  while (from < block.length) {
    const found = block.indexOf(lineFeed, from);
    const end = found < 0 ? block.length : found;
    const line = block.subarray(from, end);
    if (line.length > longestLineBytes) rejectLong(recording);
    else if (!isUtf8(line)) {
      recording.reject({ reason: 'malformed_json', message: 'the line is not UTF-8: send UTF-8' });
    } else takeText(line.toString('utf8'), recording);
    from = end + 1;
  }
}

const blank = /^[ \t\r]*$/;

function takeText(line: string, recording: Recording): void {
  if (blank.test(line)) {
    recording.skip();
    return;
  }
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    recording.reject({
      reason: 'malformed_json',
      message: `the line is not JSON: ${error.message}`,
    });
    return;
  }
  recording.takeValue(value);
}

const rejectLong = (recording: Recording): void =>
  recording.reject({
    reason: 'line_too_long',
    message: `the line is longer than ${String(longestLineBytes)} bytes: send less in one event`,
  });
