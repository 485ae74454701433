import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { pool } from '#licensing';
import { knownBefore } from '../sub-command.js';
import { drawdownScene, bot, creator, line, problem, someone, type DrawdownScene } from '../testing/drawdown-scene.js';
import { newPartner, tokenOf } from '../testing/tenants.js';
import { changedDrawdown } from './drawdown.views.js';

let api: DrawdownScene['api'];
let partner: DrawdownScene['partner'];
let other: DrawdownScene['other'];
let accounting: DrawdownScene['accounting'];
const { get, newOrder, submit, decide, approve, accept, submitted, seen, orderOf, logEnd } = drawdownScene(
  (scene) => ({ api, partner, other, accounting } = scene),
);

describe('the orders to draw from', () => {
  it('are those that still have something, with what is available of each product', async () => {
    const buyer = await newPartner(api);
    expect((await get(`pools/${buyer.id}/orders`, buyer.token)).body).toEqual({ items: [], total: 0, next: null });
    const first = await newOrder(3, bot, buyer);
    const second = await newOrder(5, creator, buyer);
    await submit({ orderId: first, customer: someone(), lines: [line(bot, 3)] }, { by: buyer });
    await submit({ orderId: second, customer: someone(), lines: [line(creator, 2)] }, { by: buyer });
    const { items, total } = (await get(`pools/${buyer.id}/orders`, buyer.token)).body;
    expect([items, total]).toMatchObject([[{ orderId: second, products: [{ sku: creator, purchased: 5, available: 3, held: 2 }] }], 1]);
  });

  it('come in pages, the oldest first', async () => {
    const buyer = await newPartner(api);
    const orders = [await newOrder(1, bot, buyer), await newOrder(1, bot, buyer), await newOrder(1, bot, buyer)];
    const first = (await get(`pools/${buyer.id}/orders?limit=2`, buyer.token)).body;
    const second = (await get(`pools/${buyer.id}/orders?limit=2&cursor=${first.next}`, buyer.token)).body;
    expect([...first.items, ...second.items].map(({ orderId }: any) => orderId)).toEqual(orders);
    expect([first.total, second.next]).toEqual([3, null]);
  });
});

describe('a drawdown', () => {
  it('holds what it asks for, and says where it is recorded', async () => {
    const orderId = await newOrder(10);
    const { status, body, headers } = await submit({ orderId, customer: someone(), lines: [line(bot, 4)], note: 'urgent' });
    expect([status, body]).toMatchObject([
      201,
      { state: 'submitted', orderId, stream: `pool-${partner.id}`, holdUntil: expect.any(String) },
    ]);
    expect(headers['ledger-position']).toBe(body.position);
    expect(await orderOf(orderId)).toMatchObject({ products: [{ sku: bot, purchased: 10, available: 6, held: 4 }] });
    expect(await seen(body, body)).toMatchObject({ drawdownId: body.drawdownId, state: 'submitted', note: 'urgent' });
  });

  it('of more than the order has is refused with the numbers, and registers nobody', async () => {
    const orderId = await newOrder(2);
    await newOrder(50);
    const before = await logEnd();
    const refused = await submit({ orderId, customer: someone(), lines: [line(bot, 3), line(creator, 1)] });
    expect([refused.status, refused.body]).toMatchObject([
      409,
      {
        code: 'DRAWDOWN_EXCEEDS_ORDER',
        orderId,
        sku: bot,
        requested: 3,
        available: 2,
        short: [{ sku: bot }, { sku: creator, available: 0 }],
      },
    ]);
    expect(await logEnd()).toBe(before);
  });

  it.each([
    ['a list of orders', (one: string, two: string) => ({ orderId: [one, two], lines: [line(bot, 1)] })],
    ['a line of another order', (one: string, two: string) => ({ orderId: one, lines: [{ ...line(bot, 1), orderId: two }] })],
  ])('names one order: %s is refused', async (_, body) => {
    const [one, two] = [await newOrder(), await newOrder()];
    const refused = await submit({ ...body(one, two), customer: someone() });
    expect([refused.status, refused.body]).toMatchObject([400, { code: 'DRAWDOWN_SINGLE_ORDER', orderIds: [one, two] }]);
    expect((await submit({ orderId: one, customer: someone(), lines: [{ ...line(bot, 1), orderId: one }] })).status).toBe(201);
  });

  it.each([[], ['PO-1']].map((orderId) => [orderId]))('names its order as a text, not as the list %j', async (orderId) => {
    const { status, body } = await submit({ orderId, customer: someone(), lines: [line(bot, 1)] });
    expect([status, body.errors]).toEqual([400, [{ path: 'orderId', message: 'must be a text of 1 to 128 characters' }]]);
  });

  it('of an order of nobody, or of another partner, is not found', async () => {
    const foreign = await newOrder(5, bot, other);
    for (const orderId of ['PO-NOWHERE', foreign])
      expect(problem(await submit({ orderId, customer: someone(), lines: [line(bot, 1)] }))).toEqual([404, 'ORDER_NOT_FOUND']);
  });

  it.each(['accountName', 'website', 'contactName', 'contactEmail'])('needs the customer’s %s', async (field) => {
    const orderId = await newOrder();
    const { status, body } = await submit({ orderId, customer: someone({ [field]: undefined }), lines: [line(bot, 1)] });
    expect([status, body]).toMatchObject([400, { code: 'INVALID_REQUEST', errors: [{ path: `customer.${field}` }] }]);
  });

  it.each([
    ['website', 'fjordline.example'],
    ['website', 'ftp://fjordline.example'],
    ['website', 'https://'],
    ['website', 'https://localhost'],
    ['website', 'https://user:secret@fjordline.example'],
    ['website', 'https://fjord line.example'],
    ['website', 'javascript:alert(1)'],
    ['contactEmail', 'ingrid'],
    ['website', 'https:///fjordline.example'],
    ['contactEmail', 'ingrid@fjordline'],
    ['contactEmail', 'ingrid@fjordline..example'],
    ['accountName', '   '],
    ['accountName', '\u200b\u2060'],
    ['contactName', ''],
  ])('refuses %s %j', async (field, value) => {
    const { status, body } = await submit({ orderId: await newOrder(), customer: someone({ [field]: value }), lines: [line(bot, 1)] });
    expect([status, body]).toMatchObject([400, { code: 'INVALID_REQUEST', errors: [{ path: `customer.${field}` }] }]);
  });

  it('tried dry records nothing, and shows the pool as it would stand', async () => {
    const orderId = await newOrder(10);
    const before = await logEnd();
    const { status, body } = await submit({ orderId, customer: someone(), lines: [line(bot, 4)] }, { query: '?dryRun=true' });
    expect([status, body]).toMatchObject([200, { dryRun: true, events: [{ type: 'DrawdownSubmitted' }] }]);
    expect(body.pool.products.find(({ sku }: any) => sku === bot).held).toBeGreaterThanOrEqual(4);
    expect(await logEnd()).toBe(before);
  });

  it('is known by its key, also when the order has nothing left by then', async () => {
    const body = { orderId: await newOrder(2), customer: someone(), lines: [line(bot, 2)] };
    const headers = { 'idempotency-key': `key-${randomUUID()}` };
    const first = await submit(body, { headers });
    const again = await submit(body, { headers });
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([201, first.body, 'true']);
    const end = await logEnd();
    for (const other of [{ note: 'another' }, { customer: someone() }])
      expect(problem(await submit({ ...body, ...other }, { headers }))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await logEnd()).toBe(end);
  });

  it('whose key is too old to be remembered is answered as it stands, and nothing is registered for it', async () => {
    const { drawdownId } = await submitted();
    await approve(drawdownId);
    const context = {
      commandId: randomUUID(),
      inputHash: 'old',
      correlationId: 'old',
      actor: { userId: 'a-test', role: 'partner' as const },
    };
    const nothingNew = await knownBefore(api.parts.ledger, pool, partner.id, { context }, () => []);
    expect(nothingNew?.facts).toEqual([]);
    const asked = { accountId: partner.id, drawdownId, state: 'submitted' as const };
    expect((await changedDrawdown(api.parts.ledger, asked, nothingNew!)).state).toBe('approved');
  });

  it('races another one for the last license: one has it', async () => {
    const orderId = await newOrder(1);
    const answers = await Promise.all([1, 2, 3].map(() => submit({ orderId, customer: someone(), lines: [line(bot, 1)] })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(await orderOf(orderId)).toBeUndefined();
  });
});

describe('the states of a drawdown', () => {
  it('go from submitted over approved to accepted, and the history says who did it when', async () => {
    const drawdown = await submitted(3);
    const approved = await approve(drawdown.drawdownId);
    expect([approved.status, approved.body]).toMatchObject([200, { drawdownId: drawdown.drawdownId, state: 'approved' }]);
    const accepted = await accept(drawdown.drawdownId);
    expect([accepted.status, accepted.body]).toMatchObject([200, { state: 'accepted', customerId: drawdown.customerId }]);
    const shown = await seen(drawdown, accepted.body);
    expect(shown).toMatchObject({ state: 'accepted', lines: [{ line: 1, sku: bot, productName: expect.any(String), quantity: 3 }] });
    expect(shown.history).toMatchObject(
      ['submitted', 'approved', 'accepted'].map((state) => ({ state, at: expect.any(String), by: { userId: expect.any(String) } })),
    );
    const pool = (await get(`pools/${partner.id}?atLeast=${accepted.body.position}`, partner.token)).body;
    expect(pool.products.find(({ sku }: any) => sku === bot)).toMatchObject({ assigned: 3, inTransit: 3 });
  });

  it('are shown with the reason of a rejection, and what was held is available again', async () => {
    const drawdown = await submitted(4);
    expect(problem(await decide(drawdown.drawdownId, 'reject', accounting, {}))).toEqual([400, 'INVALID_REQUEST']);
    const rejected = await decide(drawdown.drawdownId, 'reject', accounting, { reason: 'not paid yet' });
    expect([rejected.status, rejected.body.state]).toEqual([200, 'rejected']);
    expect(await seen(drawdown, rejected.body)).toMatchObject({
      state: 'rejected',
      reason: 'not paid yet',
      history: [{ state: 'submitted' }, { state: 'rejected', reason: 'not paid yet' }],
    });
    expect((await orderOf(drawdown.orderId)).products).toMatchObject([{ available: 10, held: 0 }]);
  });

  it.each(['submitted', 'approved'])('can be cancelled while it is %s', async (state) => {
    const drawdown = await submitted(4);
    if (state === 'approved') await approve(drawdown.drawdownId);
    const cancelled = await decide(drawdown.drawdownId, 'cancel', partner.token, { reason: 'not needed' });
    expect([cancelled.status, cancelled.body.state]).toEqual([200, 'cancelled']);
    expect((await orderOf(drawdown.orderId)).products).toMatchObject([{ available: 10, held: 0 }]);
  });

  it('refuse every other change, saying what they are and what is possible', async () => {
    const drawdown = await submitted();
    expect((await accept(drawdown.drawdownId)).body).toMatchObject({
      code: 'DRAWDOWN_STATE',
      state: 'submitted',
      possible: ['approve', 'reject', 'cancel'],
    });
    await approve(drawdown.drawdownId);
    const late = await decide(drawdown.drawdownId, 'reject', accounting, { reason: 'too late' });
    expect([late.status, late.body]).toMatchObject([409, { code: 'DRAWDOWN_STATE', state: 'approved', possible: ['accept', 'cancel'] }]);
  });

  it('become accepted once, however many ask for it at the same time', async () => {
    const drawdown = await submitted(2);
    await approve(drawdown.drawdownId);
    const answers = await Promise.all([1, 2, 3, 4].map(() => accept(drawdown.drawdownId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)!.body).toMatchObject({ code: 'DRAWDOWN_STATE', state: 'accepted', possible: [] });
  });

  it('are found by nobody under a wrong id or in another pool', async () => {
    const { drawdownId, position } = await submitted();
    expect(problem(await approve(randomUUID()))).toEqual([404, 'DRAWDOWN_NOT_FOUND']);
    expect(problem(await accept(drawdownId, other))).toEqual([404, 'DRAWDOWN_NOT_FOUND']);
    expect(problem(await get(`pools/${other.id}/drawdowns/${drawdownId}?atLeast=${position}`, other.token))).toEqual([
      404,
      'DRAWDOWN_NOT_FOUND',
    ]);
  });
});

describe('who decides', () => {
  it('is accounting, and nobody else', async () => {
    const { drawdownId } = await submitted();
    for (const token of [partner.token, api.operator, await tokenOf(api, 'auditor')])
      expect(problem(await decide(drawdownId, 'approve', token))).toEqual([403, 'FORBIDDEN']);
    for (const what of ['accept', 'cancel', 'clone'])
      expect(problem(await decide(drawdownId, what, accounting))).toEqual([403, 'FORBIDDEN']);
    expect(problem(await decide(drawdownId, 'cancel', other.token))).toEqual([404, 'POOL_NOT_FOUND']);
  });

  it('sees the queue, the one that waits longest first, and nothing in it twice', async () => {
    const [first, second] = [await submitted(1, someone({ accountName: 'First of all' })), await submitted()];
    const queue = async (query: string) => (await get(`drawdowns?atLeast=${second.position}&${query}`, accounting)).body;
    const all = await queue('state=submitted&limit=500');
    const ids = all.items.map(({ drawdownId }: any) => drawdownId);
    expect(ids.slice(-2)).toEqual([first.drawdownId, second.drawdownId]);
    expect(all.items.at(-2)).toMatchObject({
      accountId: partner.id,
      accountName: expect.stringContaining('さくら'),
      customer: { accountName: 'First of all' },
    });
    expect(all.total).toBe(ids.length);
    const pages = [await queue('limit=1')];
    while (pages.at(-1).next !== null) pages.push(await queue(`limit=1&cursor=${pages.at(-1).next}`));
    expect(pages.flatMap(({ items }) => items.map(({ drawdownId }: any) => drawdownId))).toEqual(ids);
    const { position } = (await approve(first.drawdownId)).body;
    expect(
      (await get(`drawdowns?limit=500&atLeast=${position}`, accounting)).body.items.map(({ drawdownId }: any) => drawdownId),
    ).not.toContain(first.drawdownId);
    expect(problem(await get('drawdowns', partner.token))).toEqual([403, 'FORBIDDEN']);
  });
});
