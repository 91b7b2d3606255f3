import fc from 'fast-check';
import { catalogs, laterProducts, terms } from './catalogs.ts';

const pick = fc.nat(1000);

/** Few keys and values, so that they meet; ago: hours before then; null: from the start. */
const lineOf = (id: fc.Arbitrary<number>, ago: fc.Arbitrary<number | null>) =>
  fc.record({
    key: fc.nat(7),
    hour: fc.nat(100 * 24),
    ago,
    n: fc.constantFrom<(number | string)[]>(-3, -1, 0, 1, 2, 5, 9, 40, '0.1', '12.25', 'many'),
    id,
    type: fc.constantFrom('used', 'used', 'used', 'used', 'else'),
    groups: fc.record(
      { zone: fc.constantFrom('eu', 'us', 'none'), team: fc.constantFrom('a', 'b') },
      { requiredKeys: [] },
    ),
  });

const useOf = (line: ReturnType<typeof lineOf>) => {
  const one = line.map((only) => [only]);
  const several = fc.array(line, { minLength: 2, maxLength: 5 });
  return fc.record({
    step: fc.constant('use' as const),
    lines: fc.oneof({ weight: 4, arbitrary: one }, { weight: 1, arbitrary: several }),
  });
};
/** Few ids, so that they meet, too. */
const use = useOf(lineOf(fc.nat(60), fc.option(fc.nat(60 * 24), { freq: 3 })));
const useLate = useOf(lineOf(fc.nat(1000), fc.integer({ min: 20 * 24, max: 95 * 24 })));
const wait = fc.record({
  step: fc.constant('wait' as const),
  days: fc.integer({ min: 1, max: 40 }),
});
const customer = fc.nat(3);
const held = fc.subarray([0, 1, 2]);
const alias = fc.record({ step: fc.constant('alias' as const), customer, held });
/** Others give up what they hold, and the customer has it. */
const move = fc.record({ step: fc.constant('move' as const), customer, held });
const ofInvoice = fc.record({ step: fc.constantFrom('void' as const, 'finalize' as const), pick });
const end = fc.record({ step: fc.constant('end' as const), pick, day: fc.option(fc.nat(130)) });
const plan = fc.record({ step: fc.constant('plan' as const), pick, terms });
const sign = fc.record({ step: fc.constant('sign' as const), customer, terms });
const rate = fc.record({ step: fc.constant('rate' as const), pick, day: fc.nat(100) });
const product = fc.record({ step: fc.constant('product' as const), later: laterProducts });
const join = fc.record({ step: fc.constant('join' as const), held, terms });
const leave = fc.record({ step: fc.constant('leave' as const), customer });
const payer = fc.record({
  step: fc.constant('payer' as const),
  customer,
  payer: fc.option(fc.constantFrom('payer-1', 'payer-2')),
});

const others = [
  { weight: 5, arbitrary: wait },
  { weight: 3, arbitrary: alias },
  { weight: 1, arbitrary: move },
  { weight: 3, arbitrary: ofInvoice },
  { weight: 1, arbitrary: end },
  { weight: 1, arbitrary: plan },
  { weight: 1, arbitrary: sign },
  { weight: 1, arbitrary: rate },
  { weight: 1, arbitrary: product },
  { weight: 1, arbitrary: join },
  { weight: 1, arbitrary: leave },
  { weight: 1, arbitrary: payer },
] as const;
const steps = fc.oneof({ weight: 18, arbitrary: use }, ...others);
const lateSteps = fc.oneof(
  { weight: 4, arbitrary: use },
  { weight: 10, arbitrary: useLate },
  { weight: 3, arbitrary: ofInvoice },
  ...others,
);

/** A catalog, two customers with a contract each, and what happens to them. */
const historiesOf = (minLength: number, maxLength: number, step = steps) => {
  const some = fc.array(step, { minLength, maxLength, size: 'max' });
  return fc.record({ catalog: catalogs, first: terms, second: terms, steps: some });
};

export const histories = historiesOf(15, 50);

/** Mostly with usage that came late, and more that is voided and closed again. */
export const lateHistories = historiesOf(15, 50, lateSteps);

/** Where each step takes many round trips. */
export const shortHistories = historiesOf(8, 16);

export type GeneratedHistory = typeof histories extends fc.Arbitrary<infer T> ? T : never;
export type Step = GeneratedHistory['steps'][number];
