import { type EventTypeFilter, type Metric, type PropertyFilter } from '../catalog/events.ts';
import { present } from '../kernel/invariant.ts';
import { type PropertyValue, type UsageLine } from './events.ts';

/**
 * Whether the metric counts events like this: its event-type filter and all property filters hold
 * (billing rule 9).
 */
export const sees = (metric: Metric, line: Pick<UsageLine, 'eventType' | 'properties'>): boolean =>
  seesType(metric.eventTypeFilter, line.eventType) &&
  metric.propertyFilters.every((filter) => holds(filter, propertyText(line, filter.name)));

export const seesType = ({ inValues, notInValues }: EventTypeFilter, eventType: string): boolean =>
  (inValues === null || inValues.includes(eventType)) &&
  (notInValues === null || !notInValues.includes(eventType));

/**
 * The property's value as the text that values compare by; undefined when the event does not have
 * it.
 */
export function propertyText(
  { properties }: Pick<UsageLine, 'properties'>,
  name: string,
): string | undefined {
  const value = propertyOf(properties, name);
  return value === undefined ? undefined : valueText(value);
}

/** Strings as they were sent, numbers by their shortest form, booleans as true or false. */
export const valueText = (value: PropertyValue): string =>
  typeof value === 'number' ? plainNumber(value) : String(value);

/** A number's shortest form, without an exponent. */
export function plainNumber(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign, whole, fraction = '', exponent] = match;
  const digits = `${present(whole, 'a number has digits')}${fraction}`;
  const shift = Number(exponent);
  const plain =
    shift > 0
      ? digits.padEnd(shift + 1, '0')
      : `0.${digits.padStart(digits.length - shift - 1, '0')}`;
  return `${present(sign, 'a sign or none')}${plain}`;
}

/** Only what was sent: not what every object inherits. */
const propertyOf = (
  properties: UsageLine['properties'],
  name: string,
): PropertyValue | undefined => (Object.hasOwn(properties, name) ? properties[name] : undefined);

/** A property that is absent is in no list of values. */
const holds = (
  { exists, inValues, notInValues }: PropertyFilter,
  value: string | undefined,
): boolean =>
  (exists === null || exists === (value !== undefined)) &&
  (inValues === null || (value !== undefined && inValues.includes(value))) &&
  (notInValues === null || value === undefined || !notInValues.includes(value));
