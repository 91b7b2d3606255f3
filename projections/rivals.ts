import { overlap, type Interval } from '../src/kernel/calendar.ts';
import { type RatesByProduct } from '../src/catalog/rates.ts';
import { type Closing, type Contract } from '../src/contracts/contract.ts';
import { type Rival, type SettledPeriod } from '../src/invoices/rivals.ts';
import { periodOf, standingUsage } from '../src/invoices/settling.ts';
import { type Account, type Figures } from './accounts.ts';
import { ratesOfCards } from './catalog.ts';
import { closingsOf } from './invoices.ts';
import { contentsOf } from './contents.ts';

/** The customer's other contracts that may bill some of the same usage in the interval. */
export async function rivalsOf(
  figures: Figures,
  contract: Contract,
  interval: Interval,
): Promise<Rival[]> {
  const { account } = figures;
  const { contracts } = account.contracts;
  const place = contracts.findIndex(({ contractId }) => contractId === contract.contractId);
  const products = ratesIn(account, contract);
  const rivals: Rival[] = [];
  for (const [index, other] of contracts.entries()) {
    const rates = ratesIn(account, other);
    const shares = [...rates.keys()].some((productId) => products.has(productId));
    if (index === place || !shares || !mayOverlap(other, interval)) continue;
    const settled = await settledPeriods(figures, other, interval);
    if (index < place || settled.length > 0) {
      rivals.push({ contract: other, isEarlier: index < place, rates, settled });
    }
  }
  return rivals;
}

const noRates: RatesByProduct = new Map();

const ratesIn = ({ catalog }: Account, { rateCardId }: Contract): RatesByProduct =>
  catalog.rates.get(rateCardId) ?? noRates;

const mayOverlap = (contract: Contract, interval: Interval): boolean =>
  overlap(contract, interval) ||
  standingUsage(contract).some((closing) => overlap(periodOf(closing), interval));

async function settledPeriods(
  figures: Figures,
  contract: Contract,
  interval: Interval,
): Promise<SettledPeriod[]> {
  const closings = standingUsage(contract).filter(
    (closing) => !closing.lateOnly && overlap(periodOf(closing), interval),
  );
  const contents = await contentsOf(figures, closings);
  const periods: SettledPeriod[] = [];
  for (const [index, closing] of closings.entries()) {
    const rates = await ratesAtClosing(figures, contract, closing);
    periods.push({ period: periodOf(closing), terms: contents[index]?.terms ?? [], rates });
  }
  return periods;
}

async function ratesAtClosing(
  { moment: { main } }: Figures,
  { rateCardId }: Contract,
  { invoiceId }: Closing,
): Promise<RatesByProduct> {
  const closed = (await closingsOf(main, [invoiceId])).get(invoiceId);
  const rates = await ratesOfCards(main, [rateCardId], closed?.position ?? 0n);
  return rates.get(rateCardId) ?? noRates;
}
