import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reasons } from '../../schema/reasons.ts';
import { headOf, openAccount, type Account } from '../support/refusals-account.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { wrongMetrics, wrongProducts, wrongRateCards } from '../support/refusals-catalog.ts';
import { wrongChanges, wrongContracts, wrongEnds } from '../support/refusals-contracts.ts';
import { wrongCustomers } from '../support/refusals-customers.ts';
import { cursors, sizes } from '../support/refusals-pages.ts';
import { wrongMoments } from '../support/refusals-past.ts';
import { wrongGroups, wrongPrices } from '../support/refusals-pricing.ts';
import {
  realClock,
  wrongClock,
  wrongInvoices,
  wrongKeys,
  wrongQueries,
  wrongSizes,
} from '../support/refusals-requests.ts';
import { wrongCalendars, wrongPreviews, wrongSchedules } from '../support/refusals-schedules.ts';
import { wrongRetries, wrongSignUps } from '../support/refusals-sign-up.ts';
import { wrongCharges, wrongOverrides } from '../support/refusals-terms.ts';
import { wrongTexts } from '../support/refusals-texts.ts';
import { unsupported } from '../support/refusals-unsupported.ts';
import { expectRefused, reasonOf, type Wrong } from '../support/refusals.ts';

const tables: Readonly<Record<string, readonly Wrong[]>> = {
  'a metric with': wrongMetrics,
  'a product with': wrongProducts,
  'a rate card or a rate with': wrongRateCards,
  'a price with': wrongPrices,
  'groups with': wrongGroups,
  'a customer with': wrongCustomers,
  'a contract with': wrongContracts,
  'an override': wrongOverrides,
  'a calendar': wrongCalendars,
  'a charge': wrongCharges,
  'a schedule': wrongSchedules,
  'a preview of': wrongPreviews,
  'an end': wrongEnds,
  'a change of plan': wrongChanges,
  'what is not supported yet:': unsupported,
  'an idempotency key:': wrongKeys,
  'the query for': wrongQueries,
  'the call to': wrongInvoices,
  'a sign-up with': wrongSignUps,
  'another try to send': wrongRetries,
  'the clock moved': wrongClock,
  'a page:': sizes,
  'a cursor:': cursors,
  'as of an earlier moment:': wrongMoments,
  'too much at once:': wrongSizes,
  'text that is not well formed:': wrongTexts,
};

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

for (const [subject, cases] of Object.entries(tables)) {
  describe(subject, () => {
    for (const wrong of cases) {
      it(`${wrong[0]} is refused, and nothing is recorded`, () => expectRefused(account, wrong));
    }
  });
}

describe('a server on the clock of the machine', () => {
  it('refuses to move it, and records nothing', async () => {
    const folder = await temporaryFolder();
    try {
      const server = await startHere(folder.path);
      try {
        const { client, url } = server;
        const real = { ...account, client, url, head: () => headOf(client) };
        await expectRefused(real, realClock);
      } finally {
        await server.stop();
      }
    } finally {
      await folder.remove();
    }
  });
});

describe('the reasons for which the API refuses', () => {
  /** Only the policy that finalizes is told of the first; the others need a payment provider. */
  const unheard = [
    ...['not_due', 'invoice_paid', 'email_required'],
    ...['provider_customer_not_found', 'payment_provider_refused'],
  ];

  it('all have a case here', () => {
    const tried = new Set([...Object.values(tables).flat(), realClock].map(reasonOf));
    expect(
      Object.keys(reasons)
        .filter((reason) => !tried.has(reason))
        .sort(),
    ).toEqual(unheard.filter((reason) => Object.hasOwn(reasons, reason)).sort());
  });
});
