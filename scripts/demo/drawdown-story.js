import { compactVerify, createLocalJWKSet } from 'jose';
import { eventually, mailsAbout, signedInUser } from './scene.js';
import { minutes, pc } from './teller.js';

const company = 'Cabinet Robotique SAS';

/** An Automation Anywhere partner draws down an order for a customer, which puts the licenses to use. */
export async function playDrawdown(scene) {
  await stock(scene);
  await ask(scene);
  await approve(scene);
  await accept(scene);
  await useThem(scene);
}

async function stock(scene) {
  const { operator, teller, run } = scene;
  teller.chapter('Another vendor: robots, licensed by file and in the cloud; a partner has an order of them', '004-03, 004-07');
  const list = (sku, name, delivery) =>
    operator.put(`/v1/products/${sku}`, { name, policy: { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'approval', delivery } });
  await list('BOT-RUNNER', 'Bot Runner', 'file');
  await list('CONTROL-ROOM', 'Control Room', 'cloud');
  const email = 'licences@cabinet-robotique.example';
  const { partnerId } = (await operator.post('/v1/partners', { name: company, email, language: 'fr' })).body;
  teller.name(partnerId, 'robotique');
  scene.robotique = { id: partnerId, user: await signedInUser(scene, { who: 'partner', role: 'partner', accountId: partnerId, email }) };
  scene.accounting = await signedInUser(scene, { who: 'accounting', role: 'accounting', email: 'accounting@vendor.example' });
  const lines = [
    { sku: 'BOT-RUNNER', quantity: 10 },
    { sku: 'CONTROL-ROOM', quantity: 1 },
  ];
  scene.order = `AA-${run}`;
  await operator.post(`/v1/pools/${partnerId}/purchases`, { orderId: scene.order, lines });
}

async function ask(scene) {
  const { robotique, order, teller, run } = scene;
  teller.chapter('The partner asks to pass on a part of the order: it is held from now on', '004-15 … 004-25, 004-36');
  const drawdowns = `/v1/pools/${robotique.id}/drawdowns`;
  const customer = {
    accountName: `Ateliers du Soleil ${run}`,
    website: `https://${run}.ateliers-du-soleil.example`,
    contactName: 'Camille Laurent',
    contactEmail: 'camille@ateliers-du-soleil.example',
  };
  const lines = [
    { sku: 'BOT-RUNNER', quantity: 6 },
    { sku: 'CONTROL-ROOM', quantity: 1 },
  ];
  const asked = await robotique.user.post(drawdowns, { orderId: order, customer, lines, note: 'Démarrage en avril' });
  scene.askedAt = asked.position;
  scene.drawdown = `${drawdowns}/${asked.body.drawdownId}`;
  scene.soleil = asked.body.customerId;
  teller.name(asked.body.drawdownId, 'drawdown');
  teller.name(scene.soleil, 'soleil');
  teller.balance(company, (await robotique.user.get(`/v1/pools/${robotique.id}`, { atLeast: asked.position })).body);
  await robotique.user.refused('POST', drawdowns, { orderId: order, customer, lines: [{ sku: 'BOT-RUNNER', quantity: 5 }] });
  await robotique.user.refused('POST', `${scene.drawdown}/accept`);
}

async function approve(scene) {
  const { robotique, accounting, drawdown, askedAt, teller } = scene;
  teller.chapter('Accounting is told by mail, finds the request in its queue and approves it; the partner is told', '004-26 … 004-28');
  const { items } = (await accounting.get('/v1/drawdowns', { state: 'submitted', atLeast: askedAt })).body;
  teller.say(`${items.length} to decide about`);
  await robotique.user.refused('POST', `${drawdown}/approve`);
  await accounting.post(`${drawdown}/approve`);
  teller.mails(await mailsAbout(scene, drawdown.split('/').at(-1), ['drawdownSubmitted', 'drawdownApproved']));
}

async function accept(scene) {
  const { robotique, drawdown, soleil, teller } = scene;
  teller.chapter('Once the partner accepts, the licenses are the customer’s', '004-29 … 004-31');
  const { position } = await robotique.user.post(`${drawdown}/accept`);
  const pool = () => robotique.user.quietly('GET', `/v1/pools/${robotique.id}?atLeast=${position}`);
  teller.balance(company, await eventually(pool, ({ products }) => products.every(({ inTransit }) => inTransit === 0)));
  const arrived = () => robotique.user.quietly('GET', `/v1/pools/${soleil}`);
  teller.balance('Ateliers du Soleil, as its partner sees it', await eventually(arrived, ({ total }) => total === 7));
  const { history } = (await robotique.user.get(drawdown, { atLeast: position })).body;
  teller.table(
    ['when', 'state'],
    history.map(({ at, state }) => [minutes(at), state]),
  );
  await robotique.user.refused('POST', `${drawdown}/cancel`);
}

async function useThem(scene) {
  const { operator, anyone, soleil, teller } = scene;
  teller.chapter('The customer puts them to use: a signed file for a machine, a service in the cloud', '004-08 … 004-10');
  const email = 'camille@ateliers-du-soleil.example';
  const customer = await signedInUser(scene, { who: 'customer', role: 'customerAdmin', accountId: soleil, email });
  const { file } = (await customer.post(`/v1/pools/${soleil}/license-files`, { sku: 'BOT-RUNNER', quantity: 2, machine: 'rpa-07' })).body;
  const keys = (await anyone.get('/v1/keys')).body;
  const said = await checked(file, keys);
  teller.say(`Checked on the machine, with the public keys alone: ${pc.green('genuine')}`);
  teller.table(
    ['what', 'how many', 'for', 'on', 'until'],
    [[said.product, said.quantity, said.licensee, said.machine, said.expiresAt.slice(0, 10)]],
    [1],
  );
  const forged = await checked(file.slice(0, -8) + file.slice(-16, -8), keys).catch(() => undefined);
  teller.say(`The same with another signature: ${forged === undefined ? pc.yellow('refused') : pc.red('taken')}`);
  const services = () => customer.quietly('GET', `/v1/pools/${soleil}/services`);
  const [{ serviceId }] = (await eventually(services, ({ items }) => items.length > 0)).items;
  teller.name(serviceId, 'control room');
  await customer.post(`/v1/pools/${soleil}/services/${serviceId}/provision`);
  const { position } = await operator.post(`/v1/pools/${soleil}/services/${serviceId}/complete`, {
    details: 'https://soleil.cloud.example',
  });
  const { items } = (await customer.get(`/v1/pools/${soleil}/services`, { atLeast: position })).body;
  teller.table(
    ['service', 'state', 'where'],
    items.map(({ name, state, details }) => [name, state, details]),
  );
}

async function checked(file, keys) {
  const { payload } = await compactVerify(file, createLocalJWKSet(keys), { algorithms: ['EdDSA'] });
  return JSON.parse(new TextDecoder().decode(payload));
}
