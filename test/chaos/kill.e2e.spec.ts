import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Answer, Caller } from '../support/caller.js';
import { LaunchedLedger, temporaryFolder } from '../support/launched-ledger.js';
import { eventually, until } from '../support/until.js';
import { Remo, type Party } from '../walkthroughs/remo.js';

/** How often something is killed: `ROUNDS=200 npm test -- test/chaos`. */
const rounds = Number(process.env['ROUNDS'] ?? 20);
const callersAtOnce = 16;
const victims = ['event-store', 'api', 'projector', 'automations'];
const sku = 'REMO-EDGE-1Y';
const operatorPassword = 'correct horse battery staple';

const data = temporaryFolder();
let ledger: LaunchedLedger;
let partner: Party;
let customers: Party[];
/** What was acknowledged: the assignment's id and quantity, by its Idempotency-Key. */
const acknowledged = new Map<string, { assignmentId: string; quantity: number; customerId: string }>();

beforeAll(async () => {
  ledger = await LaunchedLedger.start(data.path, { OPERATOR_PASSWORD: operatorPassword, LIMIT_REQUESTS_PER_MINUTE: '100000000' });
  const remo = await Remo.at({
    url: ledger.address.apiUrl,
    operatorLogin: 'operator',
    operatorPassword,
    storeSecret: `whsec_${Buffer.alloc(32, 's').toString('base64')}`,
    output: () => ledger.printed,
    stop: async () => {},
  });
  await remo.listProducts();
  partner = await remo.partner('さくらネットワークス', 'license@sakura.example', 'SAKURA');
  customers = await Promise.all(
    [1, 2, 3].map((number) => remo.linkedCustomer('SAKURA', `顧客${number}`, undefined, `c${number}@example.com`)),
  );
  const order = { orderId: 'PO-1', lines: [{ sku, quantity: 1_000_000 }] };
  expect((await remo.operator.post(`/v1/pools/${partner.id}/purchases`, order)).status).toBe(201);
}, 120_000);

afterAll(async () => {
  await ledger?.stop();
  data.remove();
}, 60_000);

it(
  `loses and doubles no acknowledged fact in ${rounds} rounds of kill -9 under load`,
  async () => {
    let over = false;
    const callers = Array.from({ length: callersAtOnce }, () => assignUntil(() => over));
    for (let round = 0; round < rounds; round += 1) {
      const before = acknowledged.size;
      await pause(randomInt(300));
      ledger.kill(victims[round % victims.length]!);
      // The load must have got through again before the next blow, or the rounds would prove nothing.
      await until(() => acknowledged.size >= before + 50 && ledger.processes.size === victims.length);
    }
    over = true;
    await Promise.all(callers);

    const given = [...acknowledged.values()].reduce((sum, { quantity }) => sum + quantity, 0);
    await everythingArrived(given);
    expect(recordedOnce(await assignmentsInTheLog())).toEqual([]);
    expect(await balance(partner)).toMatchObject({ purchased: 1_000_000, assigned: given, available: 1_000_000 - given, inTransit: 0 });
    for (const customer of customers) {
      const mine = [...acknowledged.values()].filter(({ customerId }) => customerId === customer.id);
      expect(await balance(customer)).toMatchObject({ received: mine.reduce((sum, { quantity }) => sum + quantity, 0) });
    }
    const { stdout } = await promisify(execFile)(process.execPath, ['dist/apps/cli/main.js', 'verify'], {
      env: { ...process.env, DATA_DIR: data.path, EVENTSTORE_URL: '' },
    });
    expect(stdout).toMatch(/\d/);
  },
  120_000 + rounds * 20_000,
);

/** One caller: it sends a command until it is acknowledged, always under the same key, then the next one. */
async function assignUntil(isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const key = randomUUID();
    const customerId = customers[randomInt(customers.length)]!.id;
    const quantity = randomInt(1, 4);
    const { body } = await eventually(
      () => attempt(key, customerId, quantity),
      (answer) => answer?.status === 201,
    ).then((answer) => answer!);
    acknowledged.set(key, { assignmentId: body.assignmentId, quantity, customerId });
  }
}

/** Undefined when there was no answer. What is neither an acknowledgement nor "not now" is a defect. */
async function attempt(key: string, customerId: string, quantity: number): Promise<Answer | undefined> {
  const headers = { 'idempotency-key': key };
  const body = { customerId, lines: [{ sku, quantity }] };
  const answer = await partner.user.post(`/v1/pools/${partner.id}/assignments`, body, { headers }).catch(() => undefined);
  if (answer !== undefined && ![201, 503].includes(answer.status)) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
}

/** Less than `given` is a view that has not seen everything yet. */
async function everythingArrived(given: number): Promise<void> {
  await eventually(
    () => balance(partner),
    (product) => product?.inTransit === 0 && product.assigned >= given,
  );
}

async function balance({ id, user }: Party): Promise<any> {
  const answer = await user.get(`/v1/pools/${id}`).catch(() => undefined);
  return answer?.body.products?.find((product: { sku: string }) => product.sku === sku);
}

/** How often each assignment stands in the log, as an auditor reads it. */
async function assignmentsInTheLog(): Promise<Map<string, number>> {
  const operator: Caller = await ledger.caller.signIn('operator', operatorPassword);
  const times = new Map<string, number>();
  for (let after: string | undefined, end = false; !end;) {
    const { body } = await operator.get('/v1/events', { types: 'LicenseAssigned', limit: 1_000, after });
    for (const { data: fact } of body.items) times.set(fact.assignmentId, (times.get(fact.assignmentId) ?? 0) + 1);
    ({ next: after, end } = body);
  }
  return times;
}

/** The assignments that are lost, doubled, or were never acknowledged. */
function recordedOnce(inTheLog: Map<string, number>): string[] {
  const wanted = new Set([...acknowledged.values()].map(({ assignmentId }) => assignmentId));
  return [
    ...[...wanted].filter((id) => inTheLog.get(id) !== 1).map((id) => `${id} acknowledged, in the log ${inTheLog.get(id) ?? 0} times`),
    ...[...inTheLog.keys()].filter((id) => !wanted.has(id)).map((id) => `${id} in the log, never acknowledged`),
  ];
}
