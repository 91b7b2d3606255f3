import { type UsageRejection } from '../src/usage/commands.ts';

type Code = 'BAD_USER_INPUT' | 'NOT_FOUND' | 'CONFLICT' | 'GRAPHQL_VALIDATION_FAILED';

/**
 * What a caller is told: the error's code, what was wrong and what to do, and what is said before a
 * refusal's detail.
 */
type Answer = readonly [code: Code, whatToDo: string, label?: string];
type Answering = (whatToDo: string, label?: string) => Answer;

const told =
  (code: Code): Answering =>
  (whatToDo, label) =>
    label === undefined ? [code, whatToDo] : [code, whatToDo, `${label} `];
const bad = told('BAD_USER_INPUT');
const missing = told('NOT_FOUND');
const conflict = told('CONFLICT');
const invalid = told('GRAPHQL_VALIDATION_FAILED');

/**
 * Why a request is refused. With the two lists below it is the closed list of the words that a
 * program may be told as a reason.
 */
export const reasons = {
  // The request itself.
  field_required: bad('must be sent; send null where nothing is meant'),
  first_out_of_range: bad(
    'a page has 1 to 1000 items; ask for that many and follow the cursors',
    'you asked for',
  ),
  invalid_cursor: bad(
    'is no cursor of this connection; send an endCursor of an earlier page as it came',
  ),
  not_supported_yet: bad('is not supported yet; leave it out or choose another value'),
  query_too_deep: invalid('the query is nested too deeply; split it into several'),
  query_too_costly: invalid(
    'the query asks for too much at once; ask for smaller inner pages or fewer fields',
  ),
  position_not_reached: bad(
    'the log has not come that far; send a position that an earlier answer gave',
    'it ends at',
  ),
  instant_not_reached: bad('lies ahead; send an instant that has passed', 'it is'),
  customer_required: bad(
    'invoices are listed as of an earlier moment for one customer; send its id, or filter by contract',
  ),
  id_with_suffix: missing(
    'names something as it was, or as it was computed, which nothing can be done to; leave out the @ and what follows',
  ),
  window_not_supported: bad('rated usage comes by DAY or MONTH; choose one of them'),
  range_too_long: bad(
    'the range holds too many windows; ask for a shorter range or a wider window',
  ),
  idempotency_key_invalid: bad('an idempotency key has 1 to 255 characters; send another'),
  idempotency_key_reused: conflict(
    'this idempotency key was used with other input; send the same input again, or a new key',
  ),

  // Names, dates, numbers.
  name_empty: bad('a name has at least one visible character; send one'),
  name_too_long: bad('a name has at most 255 characters; shorten it'),
  text_not_well_formed: bad(
    'the text has half a surrogate pair or a NUL character; send well-formed Unicode without NUL',
  ),
  not_on_hour: bad(
    'does not lie on an hour boundary; send a whole hour, like 2024-10-01T00:00:00Z',
  ),
  date_out_of_range: bad('lies outside the years 2000 to 2100; send a date within them'),
  ends_before_start: bad('lies at or before the start; send a later end, or none'),

  // Catalog.
  metric_not_found: missing(
    'there is no such billable metric; create it first, or correct the id',
    'metric',
  ),
  metric_required: bad('a USAGE product needs a billable metric; send its id'),
  metric_forbidden: bad('a FIXED product has no billable metric; leave it out'),
  aggregation_key_required: bad(
    'all aggregations but COUNT need the property to aggregate; send its name',
  ),
  aggregation_key_forbidden: bad('COUNT counts events and reads no property; leave the key out'),
  empty_filter_list: bad('an empty list can match nothing; fill it or leave it out'),
  filter_contradicts: bad('no event can meet these conditions together; drop one of them'),
  property_filter_name_empty: bad('a property filter needs the name of a property; send it'),
  group_key_empty: bad('a group key names at least one property; send its name'),
  group_key_too_long: bad('the name of a property has at most 128 characters; shorten it'),
  group_key_repeats: bad('a group key names each property once; drop the repeat', 'property'),
  group_key_forbidden: bad('only USAGE products have group keys; leave it out'),
  group_key_not_of_metric: bad(
    'the metric is not grouped by this property; name one of its groupKeys',
    'property',
  ),
  group_value_not_of_product: bad(
    "the product's pricingGroupKey does not name this property; leave it out",
    'property',
  ),
  group_value_invalid: bad(
    'a group value is a string, a boolean, or a number of at most 15 digits; send such a one',
  ),
  rates_ambiguous: bad(
    'another rate could match the same usage equally well; name the properties of both in a third, or let them agree',
  ),
  tag_empty: bad('a tag has at least one character; drop the empty one'),
  product_not_found: missing(
    'there is no such product; create it first, or correct the id',
    'product',
  ),
  product_not_usage: bad(
    'only USAGE products have rates; charge a FIXED one on a contract',
    'product',
  ),
  product_not_fixed: bad('only FIXED products are charged on a schedule; name one of them'),
  rate_card_not_found: missing(
    'there is no such rate card; create it first, or correct the id or alias',
    'rate card',
  ),
  rate_card_alias_taken: conflict('another rate card has this alias; choose another'),
  rates_empty: bad('there is nothing to add; send at least one rate'),
  currency_unknown: bad(
    'is no ISO 4217 code of a currency in use that has a decimal minor unit; send one in upper case, like USD',
  ),
  price_negative: bad('a price is zero or more; send such a one'),
  unit_price_required: bad('the FLAT model needs a unit price; send unitPrice'),
  tiers_required: bad('this pricing model needs tiers; send at least one'),
  package_size_required: bad('the PACKAGE model needs a package size; send packageSize'),
  package_price_required: bad('the PACKAGE model needs a package price; send packagePrice'),
  rate_required: bad('the PERCENTAGE model needs a rate; send rate, like 0.029 for 2.9 %'),
  tiers_not_ascending: bad(
    'a tier ends above the one before it, and the first above zero; put the tiers in order',
  ),
  tier_unbounded: bad('only the last tier has no bound; send upTo, or move the tier to the end'),
  last_tier_bounded: bad('the last tier has no bound; leave its upTo out, or add a tier'),
  package_size_not_positive: bad('a package holds more than zero; send such a size'),
  free_units_negative: bad('free units are zero or more; send such a number'),
  pricing_field_not_of_model: bad(
    'does not belong to this pricing model; leave it out or change the model',
  ),

  // Customers.
  customer_not_found: missing(
    'there is no such customer; create it first, or correct the id',
    'customer',
  ),
  customer_archived: bad('the customer is archived; use another', 'customer'),
  customer_has_open_contracts: bad(
    'a contract of the customer runs or a draft is open; end its contracts and finalize its invoices first',
  ),
  alias_empty: bad('an alias has at least one character; drop the empty one'),
  alias_too_long: bad('an alias has at most 128 characters; shorten it'),
  alias_taken: conflict(
    "another customer holds this alias, or it is a customer's id; choose another",
  ),
  too_many_aliases: bad('a customer has at most 2,000 aliases; send fewer', 'it would have'),
  provider_customer_id_empty: bad("send the customer's id at the payment provider"),
  provider_customer_not_found: missing(
    'the payment provider has no such customer; correct the id, or leave it out to have one created',
    'customer',
  ),
  payment_provider_not_configured: bad(
    'the server has no STRIPE_SECRET_KEY and can create no customer in Stripe; send the id of one that is there',
  ),
  payment_provider_refused: bad(
    'the payment provider refused the customer; correct the input, and send it under a new idempotencyKey',
    'it says:',
  ),
  email_required: bad(
    'a customer is created in Stripe with an email address; send one, or a stripeCustomerId',
  ),

  // Contracts.
  contract_not_found: missing('there is no such contract of this customer; correct the id'),
  contract_not_running: bad('the contract is not in force at that instant; choose one that is'),
  contract_overlaps: conflict(
    'another contract of the customer rates the same usage at the same time; end that one first',
  ),
  exactly_one_rate_card: bad('send exactly one of rateCardId and rateCardAlias'),
  payment_terms_invalid: bad('payment terms are 0 to 3650 days; correct them'),
  override_empty: bad('the override changes nothing; send entitled, multiplier or overwrite'),
  override_conflict: bad('multiplier and overwrite exclude each other; send one of them'),
  multiplier_negative: bad('a multiplier is zero or more; send such a one'),
  charge_outside_contract: bad(
    "falls outside the contract; move the charge into the contract's dates",
  ),
  amount_or_unit_price: bad('send either amount, or both unitPrice and quantity'),
  amount_negative: bad('an amount to charge is zero or more; send such a one'),
  amount_finer_than_minor_unit: bad("is finer than the currency's minor unit; round it"),
  schedule_empty: bad('a schedule has at least one item; send one, or leave the charge out'),
  weekly_needs_contract_start: bad(
    "weeks are counted from the contract's start; send day: CONTRACT_START with WEEKLY",
  ),
  too_many_occurrences: bad('the schedule has too many occurrences; shorten it'),

  // Invoices.
  invoice_not_found: missing('there is no such invoice; correct the id'),
  invoice_already_finalized: conflict(
    'an invoice beyond that end is finalized; void it first, or choose a later end',
    'invoice',
  ),
  invoice_not_draft: bad('the invoice is no draft; only drafts can be finalized'),
  void_reason_too_long: bad('has more than 1,000 characters; shorten it'),
  invoice_not_final: bad('the invoice is not finalized; only a finalized one can be voided'),
  invoice_paid: bad('the invoice is paid; refund it at the payment provider instead'),
  invoice_not_failed: bad(
    'the payment provider has not refused the invoice; only one whose external status is ERROR can be sent again',
  ),
  period_not_over: bad('the billing period is not over yet; wait for its end', 'at'),
  earlier_period_open: bad(
    'an earlier period of the contract is still open; finalize that one first',
    'invoice',
  ),
  not_due: bad('the invoice is not due yet; wait until it is'),

  // Usage.
  batch_too_large: bad('a call takes at most 1,000 events; send them in several'),

  // Clock.
  no_test_clock: bad(
    'the server runs on the real clock; start it with PAYGO_TEST_CLOCK to move time',
  ),
  clock_going_back: bad('time only goes forward; send an instant at or after now', 'it is'),
} as const satisfies Record<string, Answer>;

export type Reason = keyof typeof reasons;

/** Why else `recordUsage` or /ingest lists an event in `rejected`; its message says what to do. */
export const usageReasons: Readonly<
  Record<Exclude<UsageRejection, Reason | keyof typeof requestReasons>, string>
> = {
  line_too_long: 'on /ingest: the line has more than 1 MiB',
  not_an_object: 'on /ingest: the event is no JSON object',
  field_unknown: 'on /ingest: the event has a field that there is not',
  field_twice: 'on /ingest: a field is sent in both spellings',
  field_of_wrong_type: 'on /ingest: a field is not of its type',
  timestamp_malformed: 'on /ingest: the timestamp is no instant',
  empty_transaction_id: 'the transactionId is empty',
  transaction_id_too_long: 'the transactionId has more than 128 characters',
  empty_customer_id: 'the customerId is empty',
  customer_id_too_long: 'the customerId has more than 128 characters',
  empty_event_type: 'the eventType is empty',
  event_type_too_long: 'the eventType has more than 128 characters',
  timestamp_out_of_range: 'the timestamp is outside the years 2000 to 2100',
  too_many_properties: 'the properties have more than 2,000 names',
  property_too_long: 'the name or the text of a property is too long',
  property_not_scalar: 'a property is no string, number or boolean',
  number_not_exact: 'a property is a number of more than 15 significant digits',
};

/** Why an HTTP request is turned away unread, with BAD_USER_INPUT; its message says what to do. */
export const requestReasons = {
  malformed_request: 'the HTTP request is malformed',
  malformed_json: 'the body, or on /ingest the line, is not JSON',
  malformed_gzip: 'on /ingest: the body is not gzip to its end',
  not_json: 'the body is not sent as application/json, or on /ingest as application/x-ndjson',
  not_a_list: 'on /ingest: the body is JSON, but no array',
  unknown_encoding: 'on /ingest: the body is neither sent as it is nor as gzip',
  body_too_large: 'the body has more than 4 MiB, or on /ingest an array more than 8 MiB',
  body_too_slow: 'on /ingest: nothing came for a minute',
  too_many_rejected: 'on /ingest: more than 10,000 events are at fault',
} as const;
