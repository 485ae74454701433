import { afterAll, beforeAll } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startApi, type Answer, type StartedApi } from './started-api.js';
import { bought, newPartner, newProduct, tokenOf, type Tenant } from './tenants.js';

export const bot = 'BOT-RUNNER';
export const creator = 'BOT-CREATOR';

type Dealer = Tenant & { readonly partnerCode: string };

/** What a drawdown's answer says that tests go on with. */
export interface Submitted {
  readonly drawdownId: string;
  readonly customerId: string;
  readonly orderId: string;
  readonly position: string;
}

/** An API with two products, two partners and somebody of accounting. */
export interface DrawdownScene {
  readonly api: StartedApi;
  readonly partner: Dealer;
  readonly other: Dealer;
  readonly accounting: string;
}

/** A customer that nobody wrote down before. */
export function someone(changes: object = {}) {
  const name = `fjordline-${randomUUID().slice(0, 8)}`;
  return {
    accountName: `Fjordline ${name}`,
    website: `https://www.${name}.example/contact`,
    contactName: 'Ingrid Solberg',
    contactEmail: `ingrid@${name}.example`,
    ...changes,
  };
}

export const line = (sku: string, quantity: number) => ({ sku, quantity });
export const problem = ({ status, body }: Answer) => [status, body.code];

/** Sets the scene before all tests of a file and takes it down after them; the calls that they make in it. Without `of`, it is the first partner that calls. */
export function drawdownScene(begin: (scene: DrawdownScene) => void) {
  let scene: DrawdownScene;
  beforeAll(async () => {
    const api = await startApi();
    // The first read models are being made.
    while ((await api.call({ url: '/v1/health/ready' })).status !== 200);
    await newProduct(api, bot);
    await newProduct(api, creator, { drawdownHold: 'P7D' });
    const [partner, other] = [await newPartner(api), await newPartner(api)];
    begin((scene = { api, partner, other, accounting: await tokenOf(api, 'accounting') }));
  });
  afterAll(() => scene?.api.stop());

  const get = (path: string, token: string) => scene.api.call({ url: `/v1/${path}`, token });
  const post = (path: string, body: object | undefined, token: string, headers = {}) =>
    scene.api.call({ method: 'POST', url: `/v1/pools/${path}`, token, body, headers });
  const newOrder = async (quantity = 10, sku = bot, of: Tenant = scene.partner): Promise<string> =>
    (await bought(scene.api, of.id, sku, quantity)).body.orderId;
  const submit = (body: object, { by = scene.partner as Tenant, query = '', headers = {} } = {}) =>
    post(`${by.id}/drawdowns${query}`, body, by.token, headers);
  const decide = (drawdownId: string, what: string, token: string, body?: object, of: Tenant = scene.partner) =>
    post(`${of.id}/drawdowns/${drawdownId}/${what}`, body, token);
  return {
    get,
    post,
    newOrder,
    submit,
    decide,
    approve: (drawdownId: string, of: Tenant = scene.partner) => decide(drawdownId, 'approve', scene.accounting, undefined, of),
    accept: (drawdownId: string, of: Tenant = scene.partner) => decide(drawdownId, 'accept', of.token, undefined, of),
    /** A drawdown from a new order of ten. */
    async submitted(quantity = 1, customer: object = someone(), of: Tenant = scene.partner): Promise<Submitted> {
      const answer = await submit({ orderId: await newOrder(10, bot, of), customer, lines: [line(bot, quantity)] }, { by: of });
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body;
    },
    async seen({ drawdownId }: { drawdownId: string }, { position }: { position: string }) {
      return (await get(`pools/${scene.partner.id}/drawdowns/${drawdownId}?atLeast=${position}`, scene.partner.token)).body;
    },
    async orderOf(orderId: string) {
      const { body } = await get(`pools/${scene.partner.id}/orders?limit=500`, scene.partner.token);
      return body.items.find((order: any) => order.orderId === orderId);
    },
    logEnd: () => scene.api.parts.eventLog.end(),
  };
}
