import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkLicenseFile } from '#platform';
import type { Answer, Caller } from '../support/caller.js';
import type { RunningLedger } from '../support/running-ledger.js';
import { until } from '../support/until.js';
import { places } from './places.js';
import { expectStatus, Remo, type Party } from './remo.js';

const attended = { sku: 'AA-BOT-RUNNER-ATTENDED', name: 'Bot Runner, attended' };
const unattended = { sku: 'AA-BOT-RUNNER-UNATTENDED', name: 'Bot Runner, unattended' };
/** What is licensed by a file, and what runs in the cloud (004-08…10). */
const iqBot = { sku: 'AA-IQ-BOT', name: 'IQ Bot' };
const controlRoom = { sku: 'AA-CONTROL-ROOM', name: 'Control Room' };
const password = 'un mot de passe assez long';

/** The four fields of a new request (004-18…21), as the partner fills them in. */
const soleil = {
  accountName: 'Ateliers du Soleil',
  website: 'https://www.ateliers-du-soleil.example/fr',
  contactName: 'Camille Laurent',
  contactEmail: 'camille.laurent@ateliers-du-soleil.example',
};

/**
 * « Gérer et allouer des licences (partenaires) » of Automation Anywhere, step by step over HTTP. The steps follow each other; the titles carry
 * the rows of the source (CONTRIBUTING.md).
 */
describe.each(places)('Automation Anywhere: partner drawdowns, on $name', ({ start }) => {
  let ledger: RunningLedger;
  let vendor: Remo;
  let partner: Party;
  let other: Party;
  let accounting: Caller;
  let colleague: Caller;
  let order: string;
  let soleilId: string;
  let first: string;
  let atLeast: string | undefined;

  beforeAll(async () => {
    ledger = await start();
    vendor = await Remo.at(ledger);
    const deliveries = [[attended], [unattended], [iqBot, 'file'], [controlRoom, 'cloud']] as const;
    for (const [{ sku, name }, delivery] of deliveries) {
      const policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'approval', delivery };
      await vendor.operator.put(`/v1/products/${sku}`, { name, category: 'Automation', policy });
    }
    accounting = await user('comptabilite', 'accounting', undefined, 'compta@vendor.example');
    order = vendor.unique('AA-2026-0007');
  });
  afterAll(() => ledger?.stop());

  const user = async (name: string, role: string, accountId?: string, email?: string): Promise<Caller> => {
    const login = vendor.unique(name);
    await expectStatus(201, vendor.operator.post('/v1/users', { login, role, accountId, email, password }));
    return vendor.anyone.signIn(login, password);
  };
  const written = async (status: number, call: Promise<Answer>): Promise<any> => {
    const answer = await expectStatus(status, call);
    atLeast = answer.position ?? atLeast;
    return answer.body;
  };
  /** Waits until a mail of this kind about a drawdown has gone out. */
  const mailed = (drawdownId: string, kind: string) =>
    until(async () => {
      const { items } = (await vendor.operator.get('/v1/notifications', { state: 'sent', limit: 500 })).body;
      return items.some((mail: any) => mail.about.id === drawdownId && mail.kind === kind);
    });
  const pool = (party: { readonly id: string }) => `/v1/pools/${party.id}`;
  const buy = (account: Party, orderId: string, lines: object[], more: object = {}) =>
    written(201, vendor.operator.post(`${pool(account)}/purchases`, { orderId, lines, ...more }));
  const submit = (body: object) => partner.user.post(`${pool(partner)}/drawdowns`, body);
  const change = (drawdownId: string, what: string, by: Caller, body?: object) =>
    by.post(`${pool(partner)}/drawdowns/${drawdownId}/${what}`, body);
  const drawdowns = async (query = {}) => (await partner.user.get(`${pool(partner)}/drawdowns`, { atLeast, ...query })).body;
  const drawdown = async (drawdownId: string) => (await partner.user.get(`${pool(partner)}/drawdowns/${drawdownId}`, { atLeast })).body;
  const held = async (accountId: string, sku: string, by = vendor.operator) =>
    (await by.get(`/v1/pools/${accountId}`, { atLeast })).body.products.find((product: any) => product.sku === sku);
  const orders = async () => (await partner.user.get(`${pool(partner)}/orders`, { atLeast })).body.items;
  const lines = (a: number, u = 0) => [{ sku: attended.sku, quantity: a }, ...(u > 0 ? [{ sku: unattended.sku, quantity: u }] : [])];

  it('004-11: the partner signs in', async () => {
    partner = await vendor.partner('Cabinet Robotique', 'licences@cabinet-robotique.example', vendor.unique('CABINET'));
    other = await vendor.partner('Bureau Méthodes', 'licences@bureau-methodes.example', vendor.unique('BUREAU'));
    colleague = await user('collegue', 'partner', partner.id);
    expect((await vendor.signIn(partner.login)).body.user).toMatchObject({ role: 'partner', accountId: partner.id });
  });

  it('004-03, mode 1: it buys licenses for its own use, and 004-07 sees what it is entitled to', async () => {
    await buy(partner, vendor.unique('AA-2026-0001'), lines(2));
    expect(await held(partner.id, attended.sku, partner.user)).toMatchObject({ name: attended.name, purchased: 2, available: 2 });
  });

  it('004-04, mode 2: a customer buys through it, and has the licenses in its own pool', async () => {
    const { partnerCode } = (await partner.user.get(`/v1/partners/${partner.id}`)).body;
    const lune = await vendor.linkedCustomer(partnerCode, 'Maison de la Lune', undefined, 'achats@maison-lune.example');
    await buy(partner, vendor.unique('AA-2026-0002'), lines(3), { purchasedFor: lune.id });
    await until(async () => (await held(lune.id, attended.sku))?.received === 3);
    expect(await held(lune.id, attended.sku, lune.user)).toMatchObject({ received: 3, available: 3 });
    expect((await orders()).map(({ orderId }: any) => orderId)).not.toContain(vendor.unique('AA-2026-0002'));
  });

  it('004-12, 004-13: the list of its drawdowns is empty at first', async () => {
    expect(await drawdowns()).toEqual({ items: [], total: 0, next: null });
  });

  it('004-15, 004-16, 004-22: for a new one it chooses an order, and sees how many of each product that has', async () => {
    await buy(partner, order, lines(10, 5));
    expect((await orders()).map(({ orderId }: any) => orderId)).toEqual([vendor.unique('AA-2026-0001'), order]);
    expect((await orders())[1].products).toMatchObject([
      { ...attended, purchased: 10, available: 10 },
      { ...unattended, purchased: 5, available: 5 },
    ]);
  });

  it('004-17: one order at a time', async () => {
    const two = { orderId: [order, vendor.unique('AA-2026-0001')], customer: soleil, lines: lines(1) };
    expect((await submit(two)).body).toMatchObject({ status: 400, code: 'DRAWDOWN_SINGLE_ORDER', orderIds: two.orderId });
    const mixed = [...lines(1), { ...lines(1)[0]!, orderId: vendor.unique('AA-2026-0001') }];
    expect((await submit({ orderId: order, customer: soleil, lines: mixed })).body.code).toBe('DRAWDOWN_SINGLE_ORDER');
  });

  it.each([
    ['004-18', 'accountName', ' '],
    ['004-19', 'website', 'ateliers-du-soleil'],
    ['004-20', 'contactName', ''],
    ['004-21', 'contactEmail', 'camille.laurent'],
  ])('%s: the customer’s %s is mandatory, and checked', async (_, field, wrong) => {
    for (const value of [undefined, wrong]) {
      const { status, body } = await submit({ orderId: order, customer: { ...soleil, [field]: value }, lines: lines(1) });
      expect([status, body.code, body.errors[0].path]).toEqual([400, 'INVALID_REQUEST', `customer.${field}`]);
    }
  });

  it('004-23: nobody can ask for more than the order has', async () => {
    const { status, body } = await submit({ orderId: order, customer: soleil, lines: lines(11, 6) });
    expect([status, body]).toMatchObject([
      409,
      {
        code: 'DRAWDOWN_EXCEEDS_ORDER',
        sku: attended.sku,
        requested: 11,
        available: 10,
        short: [{}, { sku: unattended.sku, available: 5 }],
      },
    ]);
  });

  it('004-24, 004-25: saving it makes a request in the state submitted', async () => {
    const request = { orderId: order, customer: soleil, lines: lines(4, 2), note: 'Démarrage en avril' };
    const preview = await partner.user.post(`${pool(partner)}/drawdowns?dryRun=true`, request);
    expect([preview.status, (await drawdowns()).total]).toEqual([200, 0]);
    const { drawdownId, state, customerId } = await written(201, submit(request));
    [first, soleilId] = [drawdownId, customerId];
    expect(state).toBe('submitted');
    expect(await drawdown(first)).toMatchObject({
      state: 'submitted',
      customer: { customerId, ...soleil },
      note: request.note,
      orderId: order,
    });
  });

  it('004-36: what it asks for is held, so that no other one can be promised the same', async () => {
    expect(await held(partner.id, attended.sku)).toMatchObject({ purchased: 15, assigned: 3, held: 4, available: 8 });
    expect((await submit({ orderId: order, customer: soleil, lines: lines(7) })).body).toMatchObject({ requested: 7, available: 6 });
  });

  it('004-26: it waits in the queue of who approves', async () => {
    const { items } = (await accounting.get('/v1/drawdowns', { state: 'submitted', atLeast, limit: 500 })).body;
    expect(items.at(-1)).toMatchObject({
      drawdownId: first,
      accountName: 'Cabinet Robotique',
      customer: { accountName: soleil.accountName },
    });
  });

  it('004-26: and accounting gets a mail', () => mailed(first, 'drawdownSubmitted'));

  it('004-27: accounting approves it, and nobody else can', async () => {
    for (const caller of [partner.user, colleague, vendor.operator])
      expect((await change(first, 'approve', caller)).body.code).toBe('FORBIDDEN');
    expect((await change(first, 'accept', partner.user)).body).toMatchObject({ code: 'DRAWDOWN_STATE', state: 'submitted' });
    expect((await written(200, change(first, 'approve', accounting))).state).toBe('approved');
  });

  it('004-28: and the partner gets a mail', () => mailed(first, 'drawdownApproved'));

  it('004-29: nothing goes to the customer before the partner has come back', async () => {
    expect(await held(partner.id, attended.sku)).toMatchObject({ held: 4 });
    expect((await partner.user.get(`/v1/pools/${soleilId}`, { atLeast })).body).toMatchObject({ total: 0, products: [] });
  });

  it('004-05, mode 3, 004-30, 004-31: it accepts, and the licenses go to the customer with their order and term, once', async () => {
    await written(200, change(first, 'accept', partner.user));
    expect((await change(first, 'accept', colleague)).body).toMatchObject({ code: 'DRAWDOWN_STATE', state: 'accepted', possible: [] });
    await until(async () => (await held(soleilId, attended.sku))?.received === 4);
    expect(await held(soleilId, unattended.sku)).toMatchObject({ received: 2, available: 2 });
    expect(await held(partner.id, attended.sku)).toMatchObject({ held: 0, assigned: 7, inTransit: 0, available: 8 });
    const facts = (await vendor.operator.get(`/v1/audit/streams/pool-${soleilId}`)).body.items.map(({ data }: any) => data);
    const [lot] = facts[0].lots;
    expect([facts.length, lot]).toMatchObject([1, { orderId: order, term: 'P1Y', quantity: 4 }]);
    expect(lot.expiresAt.slice(4)).toBe(lot.startsAt.slice(4));
  });

  it('004-02, 004-06: the accounts whose entitlements it may see are its own and its customers’, each with a link', async () => {
    const { accounts } = (await partner.user.get('/v1/me', { atLeast })).body;
    expect(accounts).toMatchObject([
      { accountId: partner.id, kind: 'partner', relation: 'own' },
      { kind: 'customer', name: 'Maison de la Lune', relation: 'customer' },
      { accountId: soleilId, kind: 'customer', name: soleil.accountName, relation: 'drawdown' },
    ]);
    for (const { poolHref } of accounts) expect((await partner.user.get(poolHref, { atLeast })).body.total).toBeGreaterThan(0);
  });

  it('004-02: what its customers have it may see, and not change', async () => {
    for (const path of ['assignments', 'activations', 'drawdowns'])
      expect((await partner.user.post(`/v1/pools/${soleilId}/${path}`, { sku: attended.sku, quantity: 1 })).status).toBe(404);
    expect((await partner.user.post(`/v1/pools/${soleilId}/purchases`, { orderId: 'X', lines: lines(1) })).status).toBe(403);
    expect((await partner.user.patch(`/v1/customers/${soleilId}`, { name: 'Autre' })).status).toBe(403);
  });

  it('004-02: another partner that writes down the same customer is served, and sees nothing of what that has', async () => {
    const orderId = vendor.unique('AA-2026-0900');
    await buy(other, orderId, lines(2));
    const same = { ...soleil, accountName: '  ATELIERS du soleil', website: 'http://ateliers-du-soleil.example' };
    const answer = await expectStatus(201, other.user.post(`${pool(other)}/drawdowns`, { orderId, customer: same, lines: lines(1) }));
    expect(answer.body.customerId).toBe(soleilId);
    expect((await other.user.get(`/v1/pools/${soleilId}`)).body.code).toBe('POOL_NOT_FOUND');
    expect((await other.user.get(`/v1/customers/${soleilId}`)).body.code).toBe('CUSTOMER_NOT_FOUND');
    expect((await other.user.get('/v1/me', { atLeast: answer.position })).body.accounts).toHaveLength(1);
  });

  it('004-27, 004-28, 004-32: when accounting rejects, the reason is there to be seen, and mailed', async () => {
    const { drawdownId } = await written(201, submit({ orderId: order, customer: { customerId: soleilId }, lines: lines(6) }));
    expect((await change(drawdownId, 'reject', accounting, {})).body.errors).toMatchObject([{ path: 'reason' }]);
    await written(200, change(drawdownId, 'reject', accounting, { reason: 'Commande non réglée' }));
    const shown = await drawdown(drawdownId);
    expect(shown).toMatchObject({ state: 'rejected', reason: 'Commande non réglée', customer: { accountName: soleil.accountName } });
    expect(shown.history).toMatchObject([{ state: 'submitted' }, { state: 'rejected', reason: 'Commande non réglée' }]);
    await mailed(drawdownId, 'drawdownRejected');
    expect(await held(partner.id, attended.sku)).toMatchObject({ held: 0, available: 8 });
  });

  it('004-34: the rejected one is cloned, changed, and submitted again', async () => {
    const rejected = (await drawdowns({ state: 'rejected' })).items[0].drawdownId;
    const { draft } = (await expectStatus(200, change(rejected, 'clone', partner.user))).body;
    expect(draft).toEqual({ orderId: order, customer: { customerId: soleilId }, lines: lines(6), clonedFrom: rejected });
    const { drawdownId } = await written(201, submit({ ...draft, lines: lines(5) }));
    expect(await drawdown(drawdownId)).toMatchObject({ state: 'submitted', clonedFrom: rejected, lines: [{ quantity: 5 }] });
  });

  it('004-33: approved and no longer needed, it is cancelled', async () => {
    const { drawdownId } = (await drawdowns({ state: 'submitted' })).items[0];
    await written(200, change(drawdownId, 'approve', accounting));
    await written(200, change(drawdownId, 'cancel', colleague, { reason: 'Le client a changé d’avis' }));
    expect(await held(partner.id, attended.sku)).toMatchObject({ held: 0, available: 8 });
    expect((await drawdown(drawdownId)).history.map(({ state }: any) => state)).toEqual(['submitted', 'approved', 'cancelled']);
  });

  it('004-35: what is closed stays closed', async () => {
    for (const { drawdownId, state } of (await drawdowns()).items)
      for (const [what, by, body] of [
        ['approve', accounting],
        ['reject', accounting, { reason: 'trop tard' }],
        ['accept', partner.user],
        ['cancel', partner.user],
      ] as const)
        expect((await change(drawdownId, what, by, body)).body).toMatchObject({ code: 'DRAWDOWN_STATE', state, possible: [] });
  });

  it('004-14: the list shows every drawdown it has dealt with, the newest first, and finds them by state and customer', async () => {
    const { items, total } = await drawdowns();
    expect([items.map(({ state }: any) => state), total]).toEqual([['cancelled', 'rejected', 'accepted'], 3]);
    expect((await drawdowns({ customer: 'soleil', state: 'accepted,cancelled' })).total).toBe(2);
    expect((await drawdowns({ customer: 'lune' })).total).toBe(0);
  });

  it('004-14: what was passed on stands in the history of assignments, as a drawdown, by the customer’s name', async () => {
    const history = (await partner.user.get(`${pool(partner)}/assignments`, { atLeast, customerName: 'ateliers' })).body;
    expect(history.items).toMatchObject([
      { kind: 'drawdown', assignmentId: first, line: 1, customerName: soleil.accountName, sku: attended.sku, quantity: 4 },
      { kind: 'drawdown', line: 2, sku: unattended.sku, quantity: 2 },
    ]);
  });

  it('004-08: what is licensed by file it puts into one, which the public keys vouch for', async () => {
    await buy(partner, vendor.unique('AA-2026-0011'), [
      { sku: iqBot.sku, quantity: 2 },
      { sku: controlRoom.sku, quantity: 1 },
    ]);
    const { file } = await written(
      201,
      partner.user.post(`${pool(partner)}/license-files`, { sku: iqBot.sku, quantity: 1, machine: 'rpa-07' }),
    );
    const keys = (await vendor.anyone.get('/v1/keys')).body;
    const content = await checkLicenseFile(file, keys, new Date().toISOString());
    expect(content).toMatchObject({ sku: iqBot.sku, quantity: 1, machine: 'rpa-07', licensee: 'Cabinet Robotique' });
    expect(await held(partner.id, iqBot.sku)).toMatchObject({ available: 1, inSeats: 1 });
  });

  it('004-01, 004-09, 004-10: its cloud services have GUIDs, and it asks for one, which runs once the vendor says so', async () => {
    const services = async () => (await partner.user.get(`${pool(partner)}/services`, { atLeast })).body.items;
    const [{ serviceId, state }] = await services();
    expect([serviceId, state]).toEqual([expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/), 'ready']);
    await written(202, partner.user.post(`${pool(partner)}/services/${serviceId}/provision`));
    expect(await services()).toMatchObject([{ name: controlRoom.name, state: 'provisioning' }]);
    const details = 'https://control-room.cabinet-robotique.example';
    await written(200, vendor.operator.post(`${pool(partner)}/services/${serviceId}/complete`, { details }));
    expect(await services()).toMatchObject([{ serviceId, state: 'provisioned', details, quantity: 1 }]);
  });

  it('004-37, 004-38: all of it can be done by a program, and the documents say how', async () => {
    const { paths } = (await vendor.anyone.get('/v1/openapi.json')).body;
    for (const step of [
      '',
      '/{drawdownId}/approve',
      '/{drawdownId}/reject',
      '/{drawdownId}/accept',
      '/{drawdownId}/cancel',
      '/{drawdownId}/clone',
    ])
      expect(paths[`/v1/pools/{accountId}/drawdowns${step}`].post.summary).toEqual(expect.any(String));
    expect((await vendor.anyone.get('/docs')).status).toBe(200);
  });
});
