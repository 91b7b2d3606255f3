import { isBillableYear, isPlainInstant, plainInstant, yearAt } from '../kernel/calendar.ts';
import { present } from '../kernel/invariant.ts';
import { longestKey } from '../kernel/names.ts';
import { type UsageLine } from './events.ts';
import { longestPropertyText, mostDigits, mostProperties } from './limits.ts';
import { type LineParts } from './line-parts.ts';
import { propertiesText, type WrittenLine } from './line-text.ts';

/**
 * The line that a stretch of JSON text writes, where that is plain to see: the known fields, once
 * each, and numbers in their shortest form. undefined: it has to be parsed and judged, and may be
 * right all the same; then parsing and judging would give just what this gives. The text must be
 * well-formed and the stretch without backslashes and, but for a carriage return at its end,
 * control characters: then a string is what stands between two quotes. ascii: the text's bytes, if
 * it has no other characters.
 */
export function plainLine(
  text: string,
  from: number,
  to: number,
  ascii: Uint8Array | null,
): WrittenLine | undefined {
  if (text.charCodeAt(from) !== openBrace) return undefined;
  let id = 0;
  let idEnd = 0;
  let key = 0;
  let keyEnd = 0;
  let type = 0;
  let typeEnd = 0;
  let time = 0;
  let timeEnd = 0;
  let properties = 0;
  let end = 0;
  let ordered = '';
  let at = from;
  do {
    const name = pastSpaces(text, at + 1);
    const length = fieldLength(text, name);
    if (length === 0) return undefined;
    const start = pastSpaces(text, name + length);
    if (text.charCodeAt(start) === openBrace) {
      if (text.charCodeAt(name + 1) !== letterP || properties !== 0) return undefined;
      properties = start;
      end = propertiesEnd(text, start, to);
      if (end < 0) ordered = inOrder(text.slice(start, -end));
      at = end = Math.abs(end);
    } else {
      at = stringEnd(text, start, to);
      switch (text.charCodeAt(name + 2)) {
        case letterR:
          if (id !== 0) return undefined;
          id = start;
          idEnd = at;
          break;
        case letterU:
          if (key !== 0) return undefined;
          key = start;
          keyEnd = at;
          break;
        case letterV:
          if (type !== 0) return undefined;
          type = start;
          typeEnd = at;
          break;
        case letterI:
          if (time !== 0) return undefined;
          time = start;
          timeEnd = at;
          break;
        default:
          // Properties that are no object.
          return undefined;
      }
    }
    if (at === 0) return undefined;
    at = pastSpaces(text, at);
  } while (text.charCodeAt(at) === comma);
  if (text.charCodeAt(at) !== closeBrace || pastBlanks(text, at + 1) !== to) return undefined;
  if (!isKey(idEnd - id) || !isKey(keyEnd - key) || !isKey(typeEnd - type)) return undefined;
  if (!isBillableTime(text, time + 1, timeEnd - 1)) return undefined;
  const source = ascii ?? noBytes;
  const parts = { source, type, typeEnd, properties, propertiesEnd: end, time, timeEnd, id, idEnd };
  return lineOf(text, text.slice(key + 1, keyEnd - 1), parts, ordered, ascii !== null);
}

const noBytes = new Uint8Array(0);

const isBillableTime = (text: string, from: number, to: number): boolean =>
  isPlainInstant(text, from, to) && isBillableYear(yearAt(text, from));

const lineOf = (
  text: string,
  key: string,
  parts: LineParts,
  ordered: string,
  isAscii: boolean,
): WrittenLine => ({
  key,
  month: text.slice(parts.time + 1, parts.time + 8),
  text: isAscii && ordered === '' ? parts : textOf(text, parts, ordered),
  isAscii,
});

/** Its canonical JSON; ordered: that of its properties, where they do not stand so; '': they do. */
function textOf(text: string, parts: LineParts, ordered: string): string {
  const { type, typeEnd, properties, propertiesEnd: end, time, timeEnd, id, idEnd } = parts;
  const own = properties === 0 ? '{}' : text.slice(properties, end);
  const instant = present(plainInstant(text, time + 1, timeEnd - 1), 'it was looked at');
  return `{"eventType":${text.slice(type, typeEnd)},"properties":${ordered === '' ? own : ordered},"timestamp":"${instant}","transactionId":${text.slice(id, idEnd)}}`;
}

const [quote, space, comma, colon, minus, point] = [34, 32, 44, 58, 45, 46];
const [openBrace, closeBrace, carriageReturn] = [123, 125, 13];
const [letterC, letterE, letterI, letterP] = [99, 101, 105, 112];
const [letterR, letterT, letterU, letterV] = [114, 116, 117, 118];
const [zero, nine] = [48, 57];

/** Whether a string with its quotes is long enough for one of 1 to 128 characters. */
const isKey = (length: number): boolean => length > 2 && length <= longestKey + 2;

/** Of the name of a field, with its quotes and the colon; 0: there is none that is known. */
function fieldLength(text: string, at: number): number {
  switch (text.charCodeAt(at + 1)) {
    case letterT:
      if (text.startsWith('"transactionId":', at)) return 16;
      if (text.startsWith('"timestamp":', at)) return 12;
      return text.startsWith('"transaction_id":', at) ? 17 : 0;
    case letterC:
      if (text.startsWith('"customerId":', at)) return 13;
      return text.startsWith('"customer_id":', at) ? 14 : 0;
    case letterE:
      if (text.startsWith('"eventType":', at)) return 12;
      return text.startsWith('"event_type":', at) ? 13 : 0;
    case letterP:
      return text.startsWith('"properties":', at) ? 13 : 0;
    default:
      return 0;
  }
}

/** Behind the closing quote; 0: it is no string. */
function stringEnd(text: string, from: number, to: number): number {
  if (text.charCodeAt(from) !== quote) return 0;
  const end = text.indexOf('"', from + 1) + 1;
  return end > to ? 0 : end;
}

/** Behind the closing brace, negative when that is not canonical text; 0: it is not plain. */
function propertiesEnd(text: string, from: number, to: number): number {
  if (text.charCodeAt(from + 1) === closeBrace) return from + 2;
  let isCanonical = true;
  let before = '';
  let at = from;
  for (let count = 1; count <= mostProperties; count += 1) {
    const start = pastSpaces(text, at + 1);
    const end = stringEnd(text, start, to);
    if (end === 0 || end - start - 2 > longestKey || text.charCodeAt(end) !== colon) return 0;
    const name = text.slice(start + 1, end - 1);
    if (name === '__proto__') return 0;
    const value = pastSpaces(text, end + 1);
    const valueEnd = scalarEnd(text, value, to);
    if (valueEnd === 0) return 0;
    if (start !== at + 1 || value !== end + 1 || (count > 1 && name <= before)) isCanonical = false;
    before = name;
    at = pastSpaces(text, valueEnd);
    if (at !== valueEnd) isCanonical = false;
    const next = text.charCodeAt(at);
    if (next === closeBrace) return isCanonical ? at + 1 : -(at + 1);
    if (next !== comma) return 0;
  }
  return 0;
}

function scalarEnd(text: string, from: number, to: number): number {
  if (text.charCodeAt(from) === quote) {
    const end = stringEnd(text, from, to);
    return end - from - 2 > longestPropertyText ? 0 : end;
  }
  if (text.startsWith('true', from)) return from + 4;
  if (text.startsWith('false', from)) return from + 5;
  return numberEnd(text, from, to);
}

function numberEnd(text: string, from: number, to: number): number {
  let digits = 0;
  let at = from;
  for (; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= zero && code <= nine) digits += 1;
    else if (code !== point && code !== minus) break;
  }
  if (digits > mostDigits) return 0;
  const written = text.slice(from, at);
  return String(Number(written)) === written ? at : 0;
}

const inOrder = (properties: string): string =>
  properties === '' ? '' : propertiesText(JSON.parse(properties) as UsageLine['properties']);

function pastSpaces(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === space) at += 1;
  return at;
}

function pastBlanks(text: string, from: number): number {
  const at = pastSpaces(text, from);
  return text.charCodeAt(at) === carriageReturn ? at + 1 : at;
}
