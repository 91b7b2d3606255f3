import { type CustomerCreated, type IngestAliasesSet } from '../../src/customers/events.ts';
import { type UsageRecorded } from '../../src/usage/events.ts';
import { type Lived } from './past-moments.ts';

/** What a history has to have for something to go wrong in it. */
export const ofInterest = [
  'late usage',
  'late usage taken back',
  'plan changes',
  'voids',
  'moved aliases',
  'keys claimed after their usage',
  'repeated ids',
  'rates added after usage',
  'metrics added after usage',
  'archived customers',
  'customers that joined later',
  'payers that changed',
  'scheduled charges',
  'unrated usage',
] as const;

type OfInterest = (typeof ofInterest)[number];

const byType: Readonly<Record<string, OfInterest>> = {
  BillingConfigSet: 'payers that changed',
  CustomerArchived: 'archived customers',
};
const byTypeAfterUsage: Readonly<Record<string, OfInterest>> = {
  RatesAdded: 'rates added after usage',
  BillableMetricCreated: 'metrics added after usage',
};

type Holding = CustomerCreated | IngestAliasesSet;

/** What of that the history had. */
export async function happened({ world, kept }: Lived): Promise<ReadonlySet<OfInterest>> {
  const { events } = await world.log.readAll();
  const found = new Set<OfInterest | undefined>();
  const heldBy = new Map<string, string>();
  const used = new Set<string>();
  const ids = new Set<string>();
  const hold = ({ customerId, ingestAliases }: Holding): void => {
    for (const alias of ingestAliases) {
      const before = heldBy.get(alias);
      if (before !== undefined && before !== customerId) found.add('moved aliases');
      if (before === undefined && used.has(alias)) found.add('keys claimed after their usage');
      heldBy.set(alias, customerId);
    }
  };
  const take = ({ key, lines }: UsageRecorded): void => {
    used.add(key);
    for (const { transactionId } of lines) {
      if (ids.has(transactionId)) found.add('repeated ids');
      ids.add(transactionId);
    }
  };
  for (const [index, { event, stream }] of events.entries()) {
    const { type } = event;
    const before = events[index - 1];
    found.add(byType[type]);
    if (used.size > 0) found.add(byTypeAfterUsage[type]);
    if (type === 'UsageRecorded') take(event as UsageRecorded);
    if (type === 'CustomerCreated' || type === 'IngestAliasesSet') hold(event as Holding);
    if (type === 'CustomerCreated' && used.size > 0) found.add('customers that joined later');
    const isEnded = before?.event.type === 'EndDateUpdated' && before.stream === stream;
    if (type === 'ContractCreated' && isEnded) found.add('plan changes');
  }
  for (const { answers } of kept) told(answers.map(({ text }) => text).join(''), found);
  return new Set([...found].filter((one) => one !== undefined));
}

const told = (text: string, found: Set<OfInterest | undefined>): void => {
  if (text.includes('"LATE_USAGE"')) found.add('late usage');
  if (/"LATE_USAGE"[^{]*"product":\{[^}]*\}[^{]*"amount":\{"amount":"-/.test(text))
    found.add('late usage taken back');
  if (text.includes('"VOID"')) found.add('voids');
  if (text.includes('"type":"SCHEDULED"')) found.add('scheduled charges');
  if (/"unratedUsage":\[\{/.test(text)) found.add('unrated usage');
};
