import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { RevisionConflict, TimedOut, Unavailable } from '../../src/application/ports.ts';
import { BrokenInvariant } from '../../src/kernel/invariant.ts';
import { InvalidCursor } from '../../projections/page.ts';
import { refusalError } from '../../schema/errors.ts';
import { reasons, requestReasons, usageReasons } from '../../schema/reasons.ts';
import { failureOf, type RequestReason } from '../../src/http/errors.ts';
import { ask, logged, only } from './asking.ts';

const archive = 'mutation { archiveCustomer(input: {customerId: "cus_1"}) { customer { id } } }';

const archiving = (outcome: () => Promise<never>) =>
  ask(archive, {}, { engine: { archiveCustomer: outcome } });

beforeEach(() => {
  logged.length = 0;
});

/** Words that are refused inside only: the application turns them into others, or knows why. */
const inner = new Set(['key_taken', 'invoice_not_sent', 'other_external_invoice']);

const source = fileURLToPath(new URL('../../src', import.meta.url));
const sources = ['src', 'projections'].flatMap((name) => {
  const folder = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => `${folder}/${file}`);
});
const refused = sources
  .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/refuse\(\s*'(\w+)'/g)])
  .map(([, reason]) => reason ?? '')
  .filter((reason) => !inner.has(reason));

describe('the reasons', () => {
  it.each([...new Set(refused)])('have an answer to %s', (reason) => {
    expect(Object.keys(reasons)).toContain(reason);
  });

  it('hold none that nobody gives', () => {
    const edge = new URL('../../schema/', import.meta.url);
    const written = readdirSync(edge)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(name, edge), 'utf8'))
      .join();
    const given = new Set([...refused, ...(written.match(/'[a-z_]+'/g) ?? [])]);
    const unheard = Object.keys(reasons).filter(
      (word) => !given.has(word) && !given.has(`'${word}'`),
    );
    expect(unheard).toEqual([]);
  });

  it.each(Object.entries(reasons))('say in %s what to do', (reason, [code, whatToDo]) => {
    expect(reason).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(whatToDo.length).toBeGreaterThan(20);
    expect(whatToDo).not.toMatch(/\.$/);
    if (reason.endsWith('_not_found')) expect(code).toBe('NOT_FOUND');
    if (/_(taken|overlaps|reused|already_finalized)$/.test(reason)) expect(code).toBe('CONFLICT');
  });
});

describe('the closed list', () => {
  it('has every word by which a request is turned away unread', () => {
    const words: Readonly<Record<RequestReason, string>> = requestReasons;
    const tooLarge = Object.assign(new Error(), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
    expect(Object.keys(words)).toContain(failureOf(tooLarge, 1).reason);
    const written = readFileSync(`${source}/http/errors.ts`, 'utf8');
    const union = /type RequestReason =([^;]*);/.exec(written)?.[1]?.match(/\w+/g);
    expect(Object.keys(words).sort()).toEqual(union?.sort());
  });

  it('has every word by which a usage event is rejected', () => {
    const written = readFileSync(`${source}/usage/commands.ts`, 'utf8');
    const union = Array.from(written.matchAll(/\| '(\w+)'/g), ([, word = '']) => word);
    expect(union.length).toBeGreaterThan(17);
    const listed = { ...reasons, ...requestReasons, ...usageReasons };
    expect(union.filter((word) => !Object.hasOwn(listed, word))).toEqual([]);
    const words: readonly string[] = union;
    expect(Object.keys(usageReasons).filter((word) => !words.includes(word))).toEqual([]);
  });

  it('has no word twice', () => {
    const words = [reasons, usageReasons, requestReasons].flatMap((list) => Object.keys(list));
    expect(new Set(words).size).toBe(words.length);
  });
});

describe('a refused key of a plan change', () => {
  it('is told where it was sent', async () => {
    const refusal = { reason: 'idempotency_key_reused', field: ['idempotencyKey'] };
    const answer = await ask(
      `mutation { changePlan(input: {fromContractId: "c", contract: {
        customerId: "c", startingAt: "2025-02-01T00:00:00Z", idempotencyKey: "k"}}) { ended { id } } }`,
      {},
      { engine: { changePlan: () => Promise.resolve({ refused: refusal }) } },
    );
    expect(only(answer)).toMatchObject({
      code: 'CONFLICT',
      field: ['input', 'contract', 'idempotencyKey'],
    });
  });
});

describe('a refusal', () => {
  it('names the place, what is wrong there and what to do', () => {
    const error = refusalError({ reason: 'not_on_hour', field: ['rates', 0, 'startingAt'] });
    expect(error.message).toBe(
      'input.rates[0].startingAt: does not lie on an hour boundary; send a whole hour, like 2024-10-01T00:00:00Z.',
    );
    expect(error.extensions).toEqual({
      code: 'BAD_USER_INPUT',
      reason: 'not_on_hour',
      field: ['input', 'rates', 0, 'startingAt'],
    });
  });

  it.each([
    ['first_out_of_range', '0', '(you asked for 0)'],
    ['invoice_already_finalized', 'inv_1', '(invoice inv_1)'],
    ['product_not_found', 'prd_1', '(product prd_1)'],
    ['currency_unknown', 'usd', '(usd)'],
    ['alias_taken', 'x'.repeat(101), `(${'x'.repeat(100)}...)`],
  ])('as %s says what %s is', (reason, detail, said) => {
    expect(refusalError({ reason, detail }).message).toContain(said);
  });

  it('has no field where no field is at fault', () => {
    expect(refusalError({ reason: 'no_test_clock', field: [] }, []).extensions).toEqual({
      code: 'BAD_USER_INPUT',
      reason: 'no_test_clock',
    });
  });

  it('reaches the caller with code, reason and field', async () => {
    const refusal = { reason: 'alias_taken', field: ['ingestAliases', 1], detail: 'a@b.c' };
    const answer = await ask(
      'mutation { createCustomer(input: {name: "A", ingestAliases: ["x", "a@b.c"]}) { customer { id } } }',
      {},
      { engine: { createCustomer: () => Promise.resolve({ refused: refusal }) } },
    );
    expect(only(answer)).toMatchObject({
      code: 'CONFLICT',
      reason: 'alias_taken',
      field: ['input', 'ingestAliases', 1],
      message: expect.stringContaining('(a@b.c)'),
    });
    expect(answer.data).toEqual({ createCustomer: null });
  });

  it('of a word that is on no list is an error of ours', async () => {
    const refusal = { reason: 'made_up' };
    const answer = await ask(
      archive,
      {},
      { engine: { archiveCustomer: () => Promise.resolve({ refused: refusal }) } },
    );
    expect(only(answer).code).toBe('INTERNAL_SERVER_ERROR');
  });
});

describe('what is thrown', () => {
  it.each([
    [new Unavailable('the disk is gone'), 'UNAVAILABLE'],
    [new TimedOut('30 s'), 'TIMEOUT'],
    [new RevisionConflict('customer-1', 3), 'CONFLICT'],
  ])('as %s is told by its code, without internals', async (error, code) => {
    const answer = only(await archiving(() => Promise.reject(error)));
    expect(answer).toMatchObject({ code, reason: undefined, field: undefined });
    expect(answer.message).not.toContain(error.message);
    expect(logged).toEqual([]);
  });

  it('as a bad cursor names the argument', async () => {
    const answer = only(await archiving(() => Promise.reject(new InvalidCursor('no'))));
    expect(answer).toMatchObject({
      code: 'BAD_USER_INPUT',
      reason: 'invalid_cursor',
      field: ['after'],
    });
  });

  it.each([new BrokenInvariant('secret'), new TypeError('secret')])(
    'unexpectedly, as %s, is logged with the request id and told as an internal error',
    async (error) => {
      const answer = await archiving(() => Promise.reject(error));
      expect(only(answer)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', reason: undefined });
      expect(JSON.stringify(answer)).not.toContain('secret');
      expect(logged).toMatchObject([{ details: { requestId: 'r-1', err: error } }]);
    },
  );
});

describe('a message', () => {
  const create =
    'mutation ($name: String!) { createCustomer(input: {name: $name}) { customer { id } } }';

  it.each([
    ['text', 'x'.repeat(1_000_000)],
    ['quotes', '"'.repeat(1_000_000)],
    ['backslashes', '\\'.repeat(1_000_000)],
  ])('does not echo very long %s, and still says what is wrong', async (_what, sent) => {
    const { message } = only(await ask(create, { name: [sent] }));
    expect(message.length).toBeLessThan(500);
    expect(message).toContain('String cannot represent a non string value');
    expect(message).toMatch(/^Variable "\$name" got invalid value \["[^ ]{100}\.\.\."\]; /);
  });

  it('does not echo what is very large either', async () => {
    const large = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`key${String(index)}`, '"']),
    );
    const { message } = only(await ask(create, { name: large }));
    expect(message.length).toBeLessThan(1100);
    expect(message).toMatch(/^Variable "\$name" got invalid value \{ key0: /);
  });

  it('is left as it is where it is short', async () => {
    const { message } = only(await ask(create, { name: 5 }));
    expect(message).toBe(
      'Variable "$name" got invalid value 5; String cannot represent a non string value: 5',
    );
  });
});

describe('a mutation that is recorded', () => {
  const created = { result: { customerId: 'cus_1' }, position: 7n };

  it.each([
    [new TimedOut('10 s'), 'TIMEOUT'],
    [new Unavailable('stopped'), 'UNAVAILABLE'],
  ])('says so when the read models do not answer in time: %s', async (error, code) => {
    const answer = await ask(
      archive,
      {},
      {
        engine: { archiveCustomer: () => Promise.resolve(created) },
        views: { waitForMain: () => Promise.reject(error) },
      },
    );
    expect(answer.errors[0]?.extensions).toEqual({ code, recorded: true });
    expect(answer.errors[0]?.message).toContain('recorded');
  });

  it('waits ten seconds at most for the position it was recorded at', async () => {
    const waits: [bigint, number][] = [];
    await ask(
      archive,
      {},
      {
        engine: { archiveCustomer: () => Promise.resolve(created) },
        views: {
          waitForMain: (...wait) => {
            waits.push(wait);
            return Promise.reject(new TimedOut('10 s'));
          },
        },
      },
    );
    expect(waits).toEqual([[7n, 10_000]]);
  });
});

describe('what does not fit the schema', () => {
  it('in the document fails validation', async () => {
    expect(only(await ask('{ customer(id: "a") { shoeSize } }')).code).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    expect(only(await ask('{ customer(')).code).toBe('GRAPHQL_PARSE_FAILED');
    const float =
      'mutation { createContract(input: {customerId: "c", startingAt: "2024-10-01T00:00:00Z", overrides: [{startingAt: "2024-10-01T00:00:00Z", multiplier: 0.5}]}) { contract { id } } }';
    expect(only(await ask(float))).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
      reason: undefined,
    });
  });

  it.each([
    [{ input: { customerId: 'c', ingestAliases: 'x', shoeSize: 4 } }],
    [{ input: { customerId: 'c' } }],
    [{ input: null }],
    [{}],
  ])('in the variables %j is bad input without a reason', async (variables) => {
    const document =
      'mutation($input: SetIngestAliasesInput!) { setIngestAliases(input: $input) { customer { id } } }';
    const answer = await ask(document, variables);
    expect(answer.errors.length).toBeGreaterThan(0);
    for (const error of answer.errors) {
      expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(error.extensions).not.toHaveProperty('reason');
    }
    expect(logged).toEqual([]);
  });

  it('in an argument that only execution can see is bad input, and told beside the rest', async () => {
    const document = 'query($at: ID = "c") { customer(id: $at) { id } clock { isTestClock } }';
    const answer = await ask(document, { at: null });
    expect(answer.errors[0]?.extensions?.['code']).toBe('BAD_USER_INPUT');
    expect(logged).toEqual([]);
  });
});
