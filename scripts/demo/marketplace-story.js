import { daysPass, eventually, mailsAbout, signedInUser } from './scene.js';
import { minutes, pc } from './teller.js';

const monthlyForAYear = { period: 'P1M', commitment: 'P1Y' };

/** A customer of Colt buys in the marketplace, changes its mind about the size, and asks too late to be let go. */
export async function playMarketplace(scene) {
  await openMarketplace(scene);
  await buy(scene);
  await resize(scene);
  await cancel(scene);
}

async function openMarketplace(scene) {
  const { operator, teller, run } = scene;
  teller.chapter(
    'A marketplace: a product of Microsoft with three billing options, and seven days to think better of it',
    '003-42 … 003-45, 003-67',
  );
  const [annual, monthly] = [
    { period: 'P1Y', commitment: 'P1Y' },
    { period: 'P1M', commitment: 'P1M' },
  ];
  const validFrom = '2026-01-01T00:00:00Z';
  const price = (billing, amount) => ({ currency: 'EUR', amount, billing, validFrom });
  scene.sku = `M365-BUSINESS-${run}`;
  await operator.put(`/v1/products/${scene.sku}`, {
    name: 'Microsoft 365 Business Premium',
    category: 'Applications Microsoft',
    prices: [price(annual, '237.60'), price(monthly, '23.76'), price(monthlyForAYear, '19.80')],
    policy: {
      term: 'P1Y',
      termStarts: 'onPurchase',
      reversibility: 'windowed',
      cancellationWindow: 'P7D',
      billingOptions: [annual, monthly, monthlyForAYear],
      tenant: 'microsoft',
    },
  });
  const email = 'admin@colibri.example';
  const { customerId } = (await operator.post('/v1/customers', { name: 'Colibri SARL', email, language: 'fr' })).body;
  teller.name(customerId, 'colibri');
  scene.colibri = {
    id: customerId,
    user: await signedInUser(scene, { who: 'customer', role: 'customerAdmin', accountId: customerId, email }),
  };
}

async function buy(scene) {
  const { colibri, sku, teller, run } = scene;
  teller.chapter('The customer fills its cart, and buys', '003-39 … 003-57');
  await colibri.user.put(`/v1/cart/lines/${sku}`, { quantity: 5, billing: monthlyForAYear });
  const { totals } = (await colibri.user.get('/v1/cart')).body;
  teller.say(`To pay, every month for a year: ${pc.bold(moneys(totals))}`);
  await colibri.user.refused('POST', '/v1/cart/checkout', { payment: { method: 'invoice' } });
  const tenant = { type: 'existing', domain: `colibri${run}.onmicrosoft.com` };
  const { orderId } = (await colibri.user.post('/v1/cart/checkout', { payment: { method: 'invoice' }, tenant })).body;
  teller.name(orderId, 'order');
  await followed(scene, orderId);
  const subscriptions = () => colibri.user.quietly('GET', `/v1/pools/${colibri.id}/subscriptions`);
  const [{ subscriptionId }] = (await eventually(subscriptions, ({ items }) => items.length > 0)).items;
  scene.subscription = `/v1/pools/${colibri.id}/subscriptions/${subscriptionId}`;
  teller.name(subscriptionId, 'subscription');
  teller.mails(await mailsAbout(scene, orderId, ['orderReady']));
}

/** The order goes on by itself. */
async function followed({ colibri, teller }, orderId) {
  const ask = () => colibri.user.quietly('GET', `/v1/orders/${orderId}`);
  const { history } = await eventually(ask, ({ state }) => state === 'provisioned');
  teller.table(
    ['when', 'the order is'],
    history.map(({ at, state }) => [minutes(at), state]),
  );
}

async function resize(scene) {
  const { colibri, subscription, isSandbox, teller } = scene;
  const later = isSandbox ? 'Five days later it' : 'The customer';
  teller.chapter(`${later} needs three more: an order of their own, with a window of their own`, '003-59 … 003-61');
  if (isSandbox) await daysPass(scene, 5);
  const { order } = (await colibri.user.post(`${subscription}/resize`, { quantity: 8, payment: { method: 'invoice' } })).body;
  teller.name(order.orderId, 'order of three');
  await followed(scene, order.orderId);
  const { quantity, lots } = await eventually(
    () => colibri.user.quietly('GET', subscription),
    (body) => body.quantity === 8,
  );
  teller.say(`${quantity} licenses in ${lots.length} lots:`);
  teller.table(
    ['licenses', 'added', 'can be cancelled until'],
    lots.map((lot) => [lot.quantity, minutes(lot.addedAt), minutes(lot.windowEndsAt)]),
    [0],
  );
}

async function cancel(scene) {
  const { colibri, subscription, isSandbox, teller } = scene;
  const title = isSandbox ? 'Three days later it cancels: too late for the first five, in time for the last three' : 'It cancels, in time';
  teller.chapter(title, '003-65 … 003-68');
  if (isSandbox) await daysPass(scene, 3);
  else teller.say('(Who is late is told by a ledger of its own, or one started with --sandbox: there the time can be moved.)');
  const { events } = (await colibri.user.post(`${subscription}/cancel?dryRun=true`, {})).body;
  teller.say(`What would be recorded (nothing has happened yet): ${events.map(({ type }) => type).join(', ')}`);
  const { body: answer, position } = await colibri.user.post(`${subscription}/cancel`, {});
  teller.say(`Outcome: ${pc.bold(answer.outcome)}`);
  teller.table(
    ['licenses', 'outcome', 'until', 'amount'],
    answer.lots.map((lot) => [lot.quantity, lot.outcome, lot.until && minutes(lot.until), moneys([lot.amount])]),
    [0, 3],
  );
  teller.say(`Credited: ${moneys([answer.credited])}. Still billed until the term ends: ${moneys([answer.billed])}.`);
  const { state, quantity, renews } = (await colibri.user.get(subscription, { atLeast: position })).body;
  const end = state === 'active' && !renews ? ', which end with its term' : '';
  teller.say(`The subscription is ${state}, with ${quantity} licenses${end}.`);
}

function moneys(amounts) {
  const given = amounts.filter((money) => money?.amount !== undefined);
  return given.length === 0 ? 'nothing' : given.map(({ amount, currency }) => `${amount} ${currency}`).join(' and ');
}
