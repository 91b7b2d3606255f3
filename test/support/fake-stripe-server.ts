import { type IncomingMessage, type ServerResponse } from 'node:http';
import * as customers from './fake-stripe-customers.ts';
import { StripeFault, type Form } from './fake-stripe-forms.ts';
import * as invoices from './fake-stripe-invoices.ts';
import { type FakeState } from './fake-stripe-state.ts';

export const fakeKey = 'sk_test_fake0123456789';

export type FakeCall = {
  /** From 1. */
  readonly index: number;
  /** `POST /v1/invoices/:id/finalize`. */
  readonly route: string;
  readonly form: Form;
  readonly key: string | null;
};

/**
 * What goes wrong with a call. The silent ones get no answer; `cut` closes the connection; 503 is
 * what something between answers, so that Stripe's own answer is lost. `after`: what was asked for
 * is done.
 */
export type FakeFault =
  | 'silent-before'
  | 'silent-after'
  | 'cut-before'
  | 'cut-after'
  | '429'
  | '500-before'
  | '500-after'
  | '503-before'
  | '503-after';

type Answer = { readonly status: number; readonly body: object };
type Handler = (state: FakeState, id: string, form: Form) => object;

const routes: Readonly<Record<string, Handler>> = {
  'POST /v1/customers': (state, _id, form) => customers.createCustomer(state, form),
  'GET /v1/customers': (state, _id, form) => customers.listCustomers(state, form),
  'GET /v1/customers/:id': customers.retrieveCustomer,
  'POST /v1/customers/:id/balance_transactions': customers.createBalanceTransaction,
  'GET /v1/customers/:id/balance_transactions': customers.listBalanceTransactions,
  'POST /v1/invoices': (state, _id, form) => invoices.createInvoice(state, form),
  'GET /v1/invoices': (state, _id, form) => invoices.listInvoices(state, form),
  'GET /v1/invoices/:id': invoices.retrieveInvoice,
  'POST /v1/invoices/:id': invoices.updateInvoice,
  'DELETE /v1/invoices/:id': invoices.deleteInvoice,
  'POST /v1/invoices/:id/finalize': invoices.finalizeInvoice,
  'POST /v1/invoices/:id/send': invoices.sendInvoice,
  'POST /v1/invoices/:id/void': invoices.voidInvoice,
  'POST /v1/invoices/:id/mark_uncollectible': invoices.markUncollectible,
  'POST /v1/invoiceitems': (state, _id, form) => invoices.createItem(state, form),
  'GET /v1/invoiceitems': (state, _id, form) => invoices.listItems(state, form),
};

export type Answers = Map<string, { readonly asked: string; readonly answer: Answer }>;

export type Desk = {
  readonly state: FakeState;
  readonly calls: FakeCall[];
  /** By idempotency key. */
  readonly answers: Answers;
  readonly faultOf: (call: FakeCall) => FakeFault | undefined;
};

/** Answers one request, or does to it what is to go wrong. */
export async function respond(
  { state, calls, answers, faultOf }: Desk,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake');
  const { route, id } = routeOf(request.method ?? '', url.pathname);
  const body = new URLSearchParams(await bodyOf(request));
  const form: Form = new Map([...url.searchParams, ...body]);
  const header = request.headers['idempotency-key'];
  const key = typeof header === 'string' && request.method === 'POST' ? header : null;
  const call: FakeCall = { index: calls.length + 1, route, form, key };
  calls.push(call);
  if (request.headers.authorization !== `Bearer ${fakeKey}`) {
    send(response, unauthorizedFor(request.headers.authorization?.slice(7) ?? ''));
    return;
  }
  const fault = faultOf(call);
  if (fault === 'silent-before') return;
  if (fault === 'cut-before') {
    request.socket.destroy();
    return;
  }
  if (fault === '503-before') {
    send(response, between);
    return;
  }
  if (fault === '429') {
    send(response, tooMany, { 'retry-after': '0' });
    return;
  }
  const asked = JSON.stringify([request.method, url.pathname, [...form]]);
  const known = key === null ? undefined : answers.get(key);
  if (known !== undefined && known.asked !== asked) {
    send(response, keyReused);
    return;
  }
  const done = known?.answer ?? answerOf(state, route, id, form, fault);
  const answer = fault === '500-after' && known === undefined ? broken : done;
  // What Stripe has begun to do it answers the same way for a day, its own failures too.
  if (key !== null && !isOfFields(done)) answers.set(key, { asked, answer });
  if (fault === 'silent-after') return;
  if (fault === 'cut-after') request.socket.destroy();
  else if (fault === '503-after') send(response, between);
  else send(response, answer, known === undefined ? {} : { 'idempotent-replayed': 'true' });
}

function routeOf(method: string, path: string): { route: string; id: string } {
  const [, , resource = '', id = '', action = ''] = path.split('/');
  const place = [`/v1/${resource}`, ...(id ? [':id'] : []), ...(action ? [action] : [])];
  return { route: `${method} ${place.join('/')}`, id };
}

function answerOf(
  state: FakeState,
  route: string,
  id: string,
  form: Form,
  fault: FakeFault | undefined,
): Answer {
  if (fault === '500-before') return broken;
  try {
    const handler = routes[route];
    if (handler === undefined) {
      throw new StripeFault(`Unrecognized request URL (${route})`, { status: 404 });
    }
    return { status: 200, body: structuredClone(handler(state, id, form)) };
  } catch (error) {
    if (!(error instanceof StripeFault)) throw error;
    return { status: error.status, body: error.body };
  }
}

/** Stripe forgets a key whose call it has refused for its fields. */
const isOfFields = ({ body }: Answer): boolean => JSON.stringify(body).includes('"parameter_');

function send(response: ServerResponse, { status, body }: Answer, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const fault = (status: number, message: string, type: string, code?: string): Answer => ({
  status,
  body: new StripeFault(message, { type, ...(code === undefined ? {} : { code }) }).body,
});
const unauthorizedFor = (key: string): Answer =>
  fault(401, `Invalid API Key provided: ${key}`, 'invalid_request_error');
const tooMany = fault(429, 'Too many requests', 'invalid_request_error', 'rate_limit');
const between = fault(503, 'Service unavailable', 'api_error');
const broken = fault(500, 'An unknown error occurred', 'api_error');
const keyReused = fault(
  400,
  'Keys for idempotent requests can only be used with the same parameters they were first used with.',
  'idempotency_error',
);
