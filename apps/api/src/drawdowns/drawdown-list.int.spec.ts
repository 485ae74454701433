import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { drawdownScene, bot, line, problem, someone, type Submitted, type DrawdownScene } from '../testing/drawdown-scene.js';
import { newCustomer, newPartner, tokenOf } from '../testing/tenants.js';

let api: DrawdownScene['api'];
let partner: DrawdownScene['partner'];
let other: DrawdownScene['other'];
let accounting: DrawdownScene['accounting'];
const { get, newOrder, submit, decide, approve, submitted, seen, logEnd } = drawdownScene(
  (scene) => ({ api, partner, other, accounting } = scene),
);

describe('the list of drawdowns', () => {
  it('is empty at first, and one of an account that nobody registered is not found', async () => {
    const newcomer = await newPartner(api);
    expect((await get(`pools/${newcomer.id}/drawdowns`, newcomer.token)).body).toEqual({ items: [], total: 0, next: null });
    expect(problem(await get(`pools/${randomUUID()}/drawdowns`, accounting))).toEqual([404, 'POOL_NOT_FOUND']);
  });

  it('is filtered by state, customer and time, and comes in pages, the newest first', async () => {
    const buyer = await newPartner(api);
    const names = ['Nordlys AS', 'Société Générale', 'NORDLYS Holding'];
    const drawdowns: Submitted[] = [];
    for (const accountName of names) drawdowns.push(await submitted(1, someone({ accountName }), buyer));
    const [first, second, third] = drawdowns.map(({ drawdownId }) => drawdownId);
    const { position } = (await approve(second!, buyer)).body;
    const find = async (query: string) => {
      const { items, total } = (await get(`pools/${buyer.id}/drawdowns?atLeast=${position}&${query}`, buyer.token)).body;
      expect(total).toBe(items.length);
      return items.map(({ drawdownId }: any) => drawdownId);
    };
    expect(await find('')).toEqual([third, second, first]);
    expect(await find('state=submitted')).toEqual([third, first]);
    expect(await find('state=approved,rejected')).toEqual([second]);
    expect(await find('customer=nordlys')).toEqual([third, first]);
    expect(await find('customer=societe')).toEqual([second]);
    expect(await find(`customer=${drawdowns[0]!.customerId}`)).toEqual([first]);
    expect(await find('customer=')).toHaveLength(3);
    expect(await find('from=2099-01-01T00:00:00Z')).toEqual([]);
    expect(await find('from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z')).toHaveLength(3);
    const page = (await get(`pools/${buyer.id}/drawdowns?atLeast=${position}&limit=2`, buyer.token)).body;
    const rest = (await get(`pools/${buyer.id}/drawdowns?cursor=${page.next}`, buyer.token)).body;
    expect([...page.items, ...rest.items].map(({ drawdownId }: any) => drawdownId)).toEqual([third, second, first]);
    expect([page.total, rest.next]).toEqual([3, null]);
  });

  it('is read by the vendor, and by no other partner or customer', async () => {
    for (const token of [accounting, api.operator, await tokenOf(api, 'auditor')])
      expect((await get(`pools/${partner.id}/drawdowns`, token)).status).toBe(200);
    expect(problem(await get(`pools/${partner.id}/drawdowns`, other.token))).toEqual([404, 'POOL_NOT_FOUND']);
    expect(problem(await get(`pools/${partner.id}/drawdowns`, (await newCustomer(api)).token))).toEqual([403, 'FORBIDDEN']);
  });
});

describe('a clone', () => {
  it('is a draft that can be changed, and sent as a new drawdown that says where it came from', async () => {
    const customer = someone();
    const drawdown = await submitted(2, customer);
    await decide(drawdown.drawdownId, 'reject', accounting, { reason: 'too many' });
    const before = await logEnd();
    const { status, body } = await decide(drawdown.drawdownId, 'clone', partner.token);
    expect([status, body]).toEqual([
      200,
      { draft: { orderId: drawdown.orderId, customer, lines: [line(bot, 2)], clonedFrom: drawdown.drawdownId } },
    ]);
    expect(await logEnd()).toBe(before);
    const again = await submit({ ...body.draft, lines: [line(bot, 1)] });
    expect([again.status, again.body]).toMatchObject([201, { state: 'submitted', customerId: drawdown.customerId }]);
    expect(again.body.drawdownId).not.toBe(drawdown.drawdownId);
    expect(await seen(again.body, again.body)).toMatchObject({ clonedFrom: drawdown.drawdownId, lines: [{ quantity: 1 }] });
  });

  it('of a drawdown that is not there is not found', async () => {
    const body = { orderId: await newOrder(), customer: someone(), lines: [line(bot, 1)], clonedFrom: randomUUID() };
    expect(problem(await submit(body))).toEqual([404, 'DRAWDOWN_NOT_FOUND']);
    expect(problem(await decide(randomUUID(), 'clone', partner.token))).toEqual([404, 'DRAWDOWN_NOT_FOUND']);
  });
});
