import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '../support/caller.js';
import { startLedger, type RunningLedger } from '../support/running-ledger.js';
import { expectStatus, Remo, type Party } from './remo.js';

const sku = 'AA-BOT-RUNNER-ATTENDED';
const day = 86_400_000;
const lune = {
  accountName: 'Maison de la Lune',
  website: 'https://maison-lune.example',
  contactName: 'Camille Laurent',
  contactEmail: 'camille@maison-lune.example',
};

/** What becomes of drawdowns with time, over two terms, where an operator moves the clock (the sandbox is on embedded stores only). */
describe('Automation Anywhere: drawdowns over two terms, in the sandbox', () => {
  let ledger: RunningLedger;
  let vendor: Remo;
  let partner: Party;
  let accounting: Caller;
  let startedAt: number;
  let luneId: string;

  beforeAll(async () => {
    ledger = await startLedger({}, ['--sandbox']);
    vendor = await Remo.at(ledger);
    const policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'approval', drawdownHold: 'P30D' };
    await vendor.operator.put(`/v1/products/${sku}`, { name: 'Bot Runner, attended', policy });
    partner = await vendor.partner('Cabinet Robotique', 'licences@cabinet-robotique.example', 'CABINET');
    const password = 'un mot de passe assez long';
    await vendor.operator.post('/v1/users', { login: 'comptabilite', role: 'accounting', password });
    accounting = await vendor.anyone.signIn('comptabilite', password);
    const order = { orderId: 'AA-2026-0007', lines: [{ sku, quantity: 10 }] };
    await expectStatus(201, vendor.operator.post(`/v1/pools/${partner.id}/purchases`, order));
    startedAt = Date.parse((await vendor.operator.get('/v1/sandbox/clock')).body.now);
  });
  afterAll(() => ledger?.stop());

  /** Moves the clock to so many days after the beginning; all that fell due by then has happened when it answers. */
  const moveTo = async (days: number) => {
    const now = new Date(startedAt + days * day).toISOString();
    return (await expectStatus(200, vendor.operator.put('/v1/sandbox/clock', { now }))).body;
  };
  const drawdowns = () => `/v1/pools/${partner.id}/drawdowns`;
  const submit = async (quantity: number): Promise<{ drawdownId: string; customerId: string; holdUntil: string }> =>
    (await expectStatus(201, partner.user.post(drawdowns(), { orderId: 'AA-2026-0007', customer: lune, lines: [{ sku, quantity }] }))).body;
  const change = (drawdownId: string, what: string, by: Caller) => by.post(`${drawdowns()}/${drawdownId}/${what}`);
  const held = async (accountId: string, atLeast?: string) =>
    (await vendor.operator.get(`/v1/pools/${accountId}`, { atLeast })).body.products[0];
  const passedOn = async (quantity: number) => {
    const { drawdownId, customerId } = await submit(quantity);
    await expectStatus(200, change(drawdownId, 'approve', accounting));
    await expectStatus(200, change(drawdownId, 'accept', partner.user));
    luneId = customerId;
  };
  let lapsing: string;

  it('004-36: nothing is held for ever: after thirty days an undecided drawdown has lapsed, and its licenses are available again', async () => {
    const { drawdownId, holdUntil, customerId } = await submit(4);
    lapsing = drawdownId;
    luneId = customerId;
    expect(Date.parse(holdUntil)).toBe(startedAt + 30 * day);
    await moveTo(29.99);
    expect(await held(partner.id)).toMatchObject({ available: 6, held: 4 });
    await moveTo(30);
    expect(await held(partner.id)).toMatchObject({ available: 10, held: 0 });
  });

  it('004-35: a lapsed one says so, and when; it can neither be approved nor accepted nor cancelled, but cloned', async () => {
    const { body } = await partner.user.get(`${drawdowns()}/${lapsing}`);
    expect(body).toMatchObject({ state: 'lapsed', history: [{ state: 'submitted' }, { state: 'lapsed', at: body.holdUntil }] });
    for (const [what, by] of [
      ['approve', accounting],
      ['accept', partner.user],
      ['cancel', partner.user],
    ] as const)
      expect((await change(lapsing, what, by)).body).toMatchObject({ code: 'DRAWDOWN_STATE', state: 'lapsed', possible: [] });
    expect((await change(lapsing, 'clone', partner.user)).body.draft).toMatchObject({ customer: lune, clonedFrom: lapsing });
  });

  it('004-29: an approved one lapses, too, when the partner does not come back for it', async () => {
    const { drawdownId } = await submit(3);
    await expectStatus(200, change(drawdownId, 'approve', accounting));
    await moveTo(61);
    expect((await change(drawdownId, 'accept', partner.user)).body).toMatchObject({ code: 'DRAWDOWN_STATE', state: 'lapsed' });
    expect(await held(partner.id)).toMatchObject({ available: 10, held: 0, assigned: 0 });
  });

  it('004-31: the term of what is accepted is a year from the acceptance, and ends in the customer’s pool', async () => {
    await passedOn(3);
    await moveTo(100);
    expect(await held(luneId)).toMatchObject({ received: 3, available: 3, expired: 0 });
    await moveTo(61 + 366);
    expect(await held(luneId)).toMatchObject({ received: 3, available: 0, expired: 3 });
  });

  it('004-31: for the next term the partner draws again from the same order', async () => {
    await passedOn(3);
    await moveTo(61 + 366 + 100);
    expect(await held(luneId)).toMatchObject({ received: 6, available: 3, expired: 3 });
    await moveTo(61 + 2 * 366 + 1);
    expect(await held(luneId)).toMatchObject({ received: 6, available: 0, expired: 6 });
    expect(await held(partner.id)).toMatchObject({ purchased: 10, available: 4, assigned: 6, held: 0, inTransit: 0 });
  });
});
