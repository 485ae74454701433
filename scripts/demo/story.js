import { createHmac, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { Caller } from './caller.js';
import { playDrawdown } from './drawdown-story.js';
import { playMarketplace } from './marketplace-story.js';
import { clockOf, signedInUser } from './scene.js';
import { minutes, pc, shortened } from './teller.js';

const products = [
  ['REMO-EDGE-1Y', 'i-PRO Remo. Service エッジストレージ録画1年', 'エッジストレージ録画', 'P1Y'],
  ['REMO-EDGE-5Y', 'i-PRO Remo. Service エッジストレージ録画5年', 'エッジストレージ録画', 'P5Y'],
  ['REMO-DIRECT-1Y', 'i-PRO Remo. Service カメラダイレクト録画1年', 'カメラダイレクト録画', 'P1Y'],
  ['REMO-DIRECT-5Y', 'i-PRO Remo. Service カメラダイレクト録画5年', 'カメラダイレクト録画', 'P5Y'],
];

/** Plays the story. Every run has a partner and customers of its own, so it can be played again and again on the same ledger. */
export async function playStory({ url, login, password: operatorPassword, storeSecret }, teller) {
  const run = randomUUID().slice(0, 6);
  const anyone = new Caller(url, teller, 'anyone');
  teller.say(`The ledger: ${pc.bold(url)}, its documents: ${url}/docs`);
  const operator = await anyone.signIn('operator', login, operatorPassword);
  const scene = { run, anyone, operator, teller, storeSecret, ...(await clockOf(operator)) };

  await listProducts(scene);
  await registerParties(scene);
  await buy(scene);
  await assign(scene);
  await beRefused(scene);
  await searchHistory(scene);
  await findCustomers(scene);
  await audit(scene);
  await playDrawdown(scene);
  await playMarketplace(scene);
  teller.say('');
  teller.say(pc.green('Those were the stories. Every number above came from facts that can be replayed.'));
}

async function listProducts({ operator, teller }) {
  teller.chapter('The vendor offers four licenses, which cannot be taken back once given', '000-14, 000-22, 000-25');
  for (const [sku, name, category, term] of products)
    await operator.put(`/v1/products/${sku}`, {
      name,
      category,
      policy: { term, termStarts: 'onAssignment', reversibility: 'irreversible' },
    });
}

async function registerParties(scene) {
  const { operator, teller, run } = scene;
  teller.chapter('A partner and its customers; only the customer itself makes the partner its dealer', '001-02, 001-03');
  const withUser = (accountId, who, role, email) => signedInUser(scene, { who, role, accountId, email });
  scene.code = `SAKURA-${run}`;
  const partner = {
    name: 'さくらネットワークス株式会社',
    email: 'license@sakura-networks.example',
    partnerCode: scene.code,
    language: 'ja',
  };
  scene.partnerId = (await operator.post('/v1/partners', partner)).body.partnerId;
  teller.name(scene.partnerId, 'sakura');
  scene.partner = await withUser(scene.partnerId, 'partner', 'partner', partner.email);

  const customers = [
    ['yamada', { name: '山田警備保障株式会社', nameReading: 'ヤマダケイビホショウ', email: 'kanri@yamada-keibi.example', language: 'ja' }],
    ['helsinki', { name: 'HELSINKI ELEVATORS Oy', email: 'it@helsinki-elevators.example', language: 'fi' }],
    ['stranger', { name: '関係のない会社', nameReading: 'カンケイノナイカイシャ', email: 'info@stranger.example' }],
  ];
  for (const [key, customer] of customers) {
    const { customerId } = (await operator.post('/v1/customers', customer)).body;
    teller.name(customerId, key);
    scene[key] = { id: customerId, user: await withUser(customerId, 'customer', 'customerAdmin', customer.email) };
  }
  await scene.partner.refused('PUT', `/v1/customers/${scene.yamada.id}/dealer`, { partnerCode: scene.code });
  for (const key of ['yamada', 'helsinki']) await scene[key].user.put(`/v1/customers/${scene[key].id}/dealer`, { partnerCode: scene.code });
}

async function buy(scene) {
  const { operator, partner, partnerId, teller } = scene;
  teller.chapter('The partner buys: in the shop it linked once, and by an order', '000-01, 000-02, 000-05');
  if (scene.storeSecret === undefined) teller.say('(The shop’s part is left out: its secret was not given. See --store-secret.)');
  else await buyInShop(scene);
  const order = {
    orderId: `PO-${scene.run}`,
    lines: [
      { sku: 'REMO-EDGE-5Y', quantity: 10 },
      { sku: 'REMO-EDGE-1Y', quantity: 20 },
    ],
  };
  scene.boughtAt = (await operator.post(`/v1/pools/${partnerId}/purchases`, order)).position;
  teller.chapter('How many licenses there are, in total and of each', '000-08, 000-09');
  teller.balance('さくらネットワークス株式会社', (await partner.get(`/v1/pools/${partnerId}`, { atLeast: scene.boughtAt })).body);
}

/** The shop signs what it says with the secret it shares with the ledger. */
async function buyInShop({ run, storeSecret, partner, partnerId, anyone, teller, now }) {
  const key = Buffer.from(storeSecret.replace('whsec_', ''), 'base64');
  const storeAccountId = `EC-${run}`;
  const linkToken = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(storeAccountId)
    .setAudience('license-ledger')
    .setExpirationTime(Math.floor(now().getTime() / 1_000) + 300)
    .sign(key);
  await partner.put(`/v1/partners/${partnerId}/store-link`, { storeAccountId, linkToken });
  const shop = anyone.as('shop');
  const lines = [{ sku: 'REMO-DIRECT-5Y', quantity: 4 }];
  const order = { storeAccountId, orderId: `EC-ORDER-${run}`, purchasedAt: now().toISOString(), lines };
  const signed = () => {
    const id = randomUUID();
    const timestamp = String(Math.floor(now().getTime() / 1_000));
    const signature = createHmac('sha256', key)
      .update(`${id}.${timestamp}.${JSON.stringify(order)}`)
      .digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
  };
  await shop.post('/v1/store/purchases', order, signed());
  teller.say('The shop says it again, and it stays one purchase:');
  await shop.post('/v1/store/purchases', order, signed());
}

async function assign(scene) {
  const { partner, partnerId, yamada, helsinki, teller } = scene;
  teller.chapter('The partner checks what would happen, then gives', '000-10, 000-13, 000-15');
  const assignments = `/v1/pools/${partnerId}/assignments`;
  const gift = {
    customerId: yamada.id,
    lines: [
      { sku: 'REMO-EDGE-1Y', quantity: 3 },
      { sku: 'REMO-EDGE-5Y', quantity: 1 },
    ],
  };
  const preview = await partner.post(`${assignments}?dryRun=true`, gift);
  teller.balance('What it would leave (nothing has happened yet)', preview.body.pool);
  const key = { 'idempotency-key': randomUUID() };
  const first = await partner.post(assignments, gift, key);
  scene.firstAssignment = first.body;
  teller.say('The connection broke? The same call with the same key is the same assignment:');
  const again = await partner.post(assignments, gift, key);
  teller.say(
    `the first answer again: ${again.replayed && again.body.assignmentId === first.body.assignmentId ? pc.green('yes') : pc.red('no')}`,
  );
  const second = await partner.post(assignments, { customerId: helsinki.id, lines: [{ sku: 'REMO-EDGE-1Y', quantity: 2 }] });
  scene.latest = second.position;
  const { items } = (await partner.quietly('GET', `${assignments}?limit=1&atLeast=${scene.latest}`)).body;
  scene.secondGift = items[0].assignedAt;

  teller.chapter('Balances after; what was given has arrived', '000-09');
  const held = await arrived(partner, partnerId, scene.latest);
  teller.balance('さくらネットワークス株式会社', held);
  teller.balance('山田警備保障株式会社', (await yamada.user.get(`/v1/pools/${yamada.id}`)).body);
  teller.balance('HELSINKI ELEVATORS Oy', (await helsinki.user.get(`/v1/pools/${helsinki.id}`)).body);
}

/** The receivers are credited by an automation: waits until nothing of it is on its way any more. */
async function arrived(partner, partnerId, atLeast) {
  for (;;) {
    const { body } = await partner.quietly('GET', `/v1/pools/${partnerId}?atLeast=${atLeast}`);
    if (body.products.every(({ inTransit }) => inTransit === 0)) return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function beRefused({ operator, partner, partnerId, yamada, stranger, firstAssignment, run, teller }) {
  teller.chapter('What is refused, and why', '000-11, 000-14, 000-16, 000-17');
  const assignments = `/v1/pools/${partnerId}/assignments`;
  const give = (customerId, quantity) => partner.refused('POST', assignments, { customerId, lines: [{ sku: 'REMO-EDGE-1Y', quantity }] });
  await give(yamada.id, 500);
  await give(yamada.id, 0);
  await give(stranger.id, 1);
  await partner.refused('DELETE', `${assignments}/${firstAssignment.assignmentId}`);
  const everything = { lines: [{ sku: 'REMO-EDGE-1Y', quantity: 20 }], reason: 'The customer changed its mind' };
  await operator.refused('POST', `/v1/pools/${partnerId}/purchases/PO-${run}/reversal`, everything);
}

async function searchHistory({ partner, partnerId, secondGift, latest, teller }) {
  teller.chapter('The history: by period, by any part of the name in any script, by license', '000-18 … 000-24');
  const searches = [
    ['Everything, newest first', {}],
    [`From ${minutes(secondGift)} on`, { from: secondGift }],
    ['A part of the name in kanji: 山田', { customerName: '山田' }],
    ['… in half-width kana: ﾔﾏﾀﾞ', { customerName: 'ﾔﾏﾀﾞ' }],
    ['… in hiragana: やまだけいび', { customerName: 'やまだけいび' }],
    ['… with a slip of the hand: helsniki', { customerName: 'helsniki' }],
    ['One license: REMO-EDGE-5Y', { sku: 'REMO-EDGE-5Y' }],
    ['All together', { customerName: '警備', sku: 'REMO-EDGE-1Y,REMO-EDGE-5Y', to: secondGift }],
  ];
  for (const [title, conditions] of searches)
    teller.history(title, (await partner.get(`/v1/pools/${partnerId}/assignments`, { ...conditions, atLeast: latest })).body);
}

async function findCustomers({ partner, partnerId, latest, teller }) {
  teller.chapter('The partner’s customers, by a part of the e-mail address; who did not link it is not there', '001-01 … 001-11');
  const customers = async (title, query) => {
    const { items, total, page, pageSize } = (await partner.get(`/v1/partners/${partnerId}/customers`, { ...query, atLeast: latest })).body;
    teller.say(`${pc.bold(title)}: ${total} in all, page ${page}, ${pageSize} a page`);
    teller.table(
      ['name', 'e-mail'],
      items.map(({ name, email }) => [name, email]),
    );
  };
  await customers('All', {});
  await customers('elevators', { email: 'elevators' });
}

async function audit({ operator, partner, partnerId, boughtAt, yamada, teller }) {
  teller.chapter('As it stood before anything was given');
  teller.balance('さくらネットワークス株式会社', (await partner.get(`/v1/pools/${partnerId}`, { asOf: boughtAt })).body);
  teller.chapter('What another service sees that follows the facts');
  const types = 'LicenseAssigned,LicenseReceived';
  const feed = (await operator.get('/v1/events', { after: boughtAt, types, limit: 10 })).body;
  teller.table(
    ['position', 'fact', 'what it says'],
    feed.items.map((fact) => [fact.position, fact.type, shortened(wordsOf(fact), 110)]),
    [0],
  );
  teller.chapter('The facts stored, each chained to the one before it');
  for (const stream of [`pool-${partnerId}`, `pool-${yamada.id}`]) {
    const { items, chain } = (await operator.get(`/v1/audit/streams/${stream}`, { limit: 100 })).body;
    teller.table(
      ['revision', 'recorded', 'fact', 'what it says', 'hash'],
      items.map((fact) => [fact.revision, minutes(fact.time), fact.type, shortened(wordsOf(fact), 110), `${fact.hash.slice(0, 12)}…`]),
      [0],
    );
    teller.say(
      `The chain of ${items.length} facts is ${chain.intact ? pc.green('intact') : pc.red(`broken at revision ${chain.broken?.revision}`)}.`,
    );
  }
}

function wordsOf({ type, data }) {
  const lots = (list) => list.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
  if (type === 'LicensePurchased') return `order ${data.orderId}: ${lots(data.lots)}`;
  if (type === 'LicenseAssigned') return `to ${data.customerId}: ${lots(data.lines)}`;
  if (type === 'LicenseReceived') return `from ${data.from}: ${lots(data.lots)}`;
  return JSON.stringify(data);
}
