import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { pool, product, provisionOrder } from '#licensing';
import { dyingLog, type DyingLog } from '../../../libs/event-store/src/testing/faults.js';
import { secretBytes } from './store/signed-call.js';
import { someone } from './testing/drawdown-scene.js';
import { monthlyForAYear, openMarketplace } from './testing/marketplace.js';
import { anotherApi, startApi, type Answer, type Call, type StartedApi } from './testing/started-api.js';
import { bought, newCustomer, newPartner, newProduct } from './testing/tenants.js';

type Process = Pick<StartedApi, 'call'>;
let api: StartedApi;
let log: DyingLog;
let mortal: Awaited<ReturnType<typeof anotherApi>>;
beforeAll(async () => {
  api = await startApi();
  log = dyingLog(api.parts.eventLog);
  mortal = await anotherApi(api, { eventLog: log, cacheBytesMax: 1 });
  await openMarketplace(api);
  await newProduct(api, 'BOT');
});
afterAll(async () => {
  await mortal?.close();
  await api.stop();
});

/** A command of several steps, and another one that wants the same. */
interface Rivals {
  readonly call: Call;
  readonly rival: Call;
}

const text = () => randomUUID().slice(0, 8);
const post = (path: string, token: string, body: object = {}): Call => ({
  method: 'POST',
  url: `/v1/${path}`,
  token,
  body,
  headers: key(),
});
const key = () => ({ 'idempotency-key': randomUUID() });

/** Each on tenants of its own. */
const commands: Record<string, () => Promise<Rivals>> = {
  async 'to create a user'() {
    const login = `l-${text()}`;
    const create = () => post('users', api.operator, { login, role: 'auditor', password: 'a good password' });
    return { call: create(), rival: create() };
  },

  async 'to link a store account'() {
    const storeAccountId = `EC-${text()}`;
    const jwt = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject(storeAccountId).setAudience('license-ledger');
    const linkToken = await jwt.setExpirationTime('5m').sign(secretBytes(api.parts.secrets.storeSecret!));
    const link = async (): Promise<Call> => {
      const { id, token } = await newPartner(api);
      return { method: 'PUT', url: `/v1/partners/${id}/store-link`, token, body: { storeAccountId, linkToken }, headers: key() };
    };
    return { call: await link(), rival: await link() };
  },

  async 'to submit a drawdown for a new customer'() {
    const { id, token } = await newPartner(api);
    const { orderId } = (await bought(api, id, 'BOT', 5)).body;
    const customer = someone();
    const submit = () => post(`pools/${id}/drawdowns`, token, { orderId, customer, lines: [{ sku: 'BOT', quantity: 3 }] });
    return { call: submit(), rival: submit() };
  },

  async 'to check out'() {
    const { token } = await newCustomer(api);
    await api.call({ method: 'PUT', url: '/v1/cart/lines/TOOL', token, body: { quantity: 2 } });
    const checkOut = () => post('cart/checkout', token, { payment: { method: 'invoice' } });
    return { call: checkOut(), rival: checkOut() };
  },

  async 'to have more of a subscription'() {
    const { id: accountId, token } = await newCustomer(api);
    const subscriptionId = randomUUID();
    const actor = { userId: 'orders', role: 'system' as const };
    const context = { commandId: randomUUID(), inputHash: 'told', correlationId: 'told', actor };
    const lines = [{ sku: 'M365', quantity: 5, billing: monthlyForAYear, subscriptionId }];
    const products = new Map([['M365', { ...(await api.parts.ledger.load(product, 'M365')).state }]]);
    const order = { accountId, orderId: randomUUID(), lines, products, context };
    await api.parts.ledger.record(pool, accountId, order, (state, asked, now) => provisionOrder(state, asked, now));
    const resize = (quantity: number) => post(`pools/${accountId}/subscriptions/${subscriptionId}/resize`, token, { quantity });
    return { call: resize(7), rival: resize(9) };
  },
};

/** Which facts, of which kinds of streams, were recorded since a position. */
async function factsSince(position: bigint | undefined): Promise<string[]> {
  const facts: string[] = [];
  for await (const { stream, type } of api.parts.eventLog.readAll({ after: position! })) facts.push(`${stream.split('-')[0]} ${type}`);
  return facts;
}
const end = () => api.parts.eventLog.end();
const isDone = ({ status }: Answer) => status < 300;
const isTryLater = ({ status, headers }: Answer) => status === 503 && headers['retry-after'] !== undefined;
const isReplayed = ({ headers }: Answer) => headers['idempotent-replayed'] === 'true';
const said = ({ status, body }: Answer) => ({ status, body });

/** What a call is answered when it comes again, to any process: the same, and nothing is recorded. */
async function expectSameAgain(call: Call, first: Answer): Promise<void> {
  const before = await end();
  for (const process of [mortal, api] as Process[]) {
    const again = await process.call(call);
    expect([said(again), isReplayed(again)]).toEqual([said(first), true]);
  }
  expect(await end()).toBe(before);
}

describe.each(Object.keys(commands))('a command %s', (name) => {
  it('whose process died after any of its steps is completed by its repetition, as if nothing had been, and not done twice', async () => {
    const whole = await commands[name]!();
    let from = await end();
    expect(isDone(await mortal.call(whole.call))).toBe(true);
    const expected = await factsSince(from);
    for (let appends = 1; appends <= expected.length; appends += 1) {
      const { call } = await commands[name]!();
      from = await end();
      log.dieAfter(appends);
      const interrupted = await mortal.call(call);
      if (!log.revive()) break;
      expect(isTryLater(interrupted)).toBe(true);
      const completed = await api.call(call);
      expect([isDone(completed), await factsSince(from)]).toEqual([true, expected]);
      await expectSameAgain(call, completed);
    }
  });

  it('whose process died after any of its steps lets a rival have what is left, and is answered about what it has itself', async () => {
    for (let appends = 1, hasDied = true; hasDied; appends += 1) {
      const { call, rival } = await commands[name]!();
      log.dieAfter(appends);
      await mortal.call(call);
      hasDied = log.revive();
      const other = await api.call(rival);
      const again = await api.call(call);
      expect([other, again].some(isDone)).toBe(true);
      for (const [asked, answer] of [[call, again] as const, [rival, other] as const]) {
        expect(answer.status).toBeLessThan(500);
        if (isDone(answer)) await expectSameAgain(asked, answer);
      }
    }
  });

  it('that comes to two processes at once, with a rival, is done once and always answered the same', async () => {
    const { call, rival } = await commands[name]!();
    const calls = [call, rival, call, rival];
    const answers = await Promise.all(calls.flatMap((one) => [mortal.call(one), api.call(one)]));
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect(answers.some(isDone)).toBe(true);
    for (const one of [call, rival]) {
      const own = answers.filter((answer, index) => calls[index >> 1] === one && isDone(answer));
      for (const answer of own) expect(said(answer)).toEqual(said(own[0]!));
      if (own.length > 0) await expectSameAgain(one, own[0]!);
    }
  });
});
