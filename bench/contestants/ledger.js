// The ledger as `npm start` runs it: API, embedded event store, projector and automations, one process each.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { endWithUs } from '../lib/children.js';
import { call, each } from './call.js';
import { environment, operatorToken, policy, sku } from './scene.js';
import { seedAccounts } from './seeding.js';

export function built(app) {
  return fileURLToPath(new URL(`../../dist/apps/${app}/main.js`, import.meta.url));
}

/**
 * Starts it on a folder and answers it running. When nothing has changed for `quietMilliseconds`, all is taken for done: longer than the
 * automations take between two notes of their place.
 */
export async function startLedger(folder, { quietMilliseconds = 1_500 } = {}) {
  mkdirSync(folder, { recursive: true });
  const env = { ...environment, DATA_DIR: folder };
  const child = endWithUs(spawn(process.execPath, [built('ledger')], { env, stdio: ['ignore', 'ignore', 'inherit'] }), 'SIGTERM');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const address = join(folder, 'ledger.json');
  while (!existsSync(address)) {
    if (child.exitCode !== null) throw new Error('the ledger did not start');
    await pause(20);
  }
  const { apiUrl, eventStoreUrl } = JSON.parse(readFileSync(address, 'utf8'));
  const ledger = new RunningLedger(new URL(apiUrl).origin, child, gone, eventStoreUrl, quietMilliseconds);
  await ledger.settled();
  return ledger;
}

class RunningLedger {
  name = 'ledger';
  #child;
  #gone;
  #quietMilliseconds;

  constructor(url, child, gone, eventStoreUrl, quietMilliseconds) {
    this.url = url;
    this.#child = child;
    this.#gone = gone;
    this.eventStoreUrl = eventStoreUrl;
    this.#quietMilliseconds = quietMilliseconds;
    this.pids = [child.pid];
  }

  /** Lists the product, and records partners with a linked customer and licenses each. Answers {accountId, customerId, token} of each. */
  async prepare(count, tell) {
    await call(this.url, 'PUT', `/v1/products/${sku}`, operatorToken, { name: 'Bench, one year', policy });
    const accounts = await seedAccounts(this.eventStoreUrl, count, tell);
    await this.settled();
    return accounts;
  }

  /**
   * Waits until the read models hold all there is and nothing is written any more: every license given has arrived. Answers how many
   * milliseconds it took. It asks for the health only, which costs the processes that are measured next to nothing.
   */
  async settled() {
    const startedAt = performance.now();
    let [last, changedAt] = ['', performance.now()];
    for (; performance.now() - changedAt < this.#quietMilliseconds; await pause(50)) {
      const { position, readModels } = await call(this.url, 'GET', '/v1/health').catch(() => ({ position: null, readModels: [] }));
      const now = JSON.stringify([position, readModels]);
      const upToDate = position !== null && readModels.length > 0 && readModels.every(({ lag }) => lag === '0');
      if (now !== last || !upToDate) [last, changedAt] = [now, performance.now()];
    }
    return changedAt - startedAt;
  }

  /** What each account has given, and what its customer has received: they have to agree when everything has settled. */
  async given(accounts, position) {
    const query = position === undefined ? '' : `?atLeast=${position}`;
    const of = async (accountId, figure) => {
      const { products } = await call(this.url, 'GET', `/v1/pools/${accountId}${query}`, operatorToken);
      return products.find((product) => product.sku === sku)?.[figure] ?? 0;
    };
    return each(accounts, 32, async ({ accountId, customerId }) => ({
      given: await of(accountId, 'assigned'),
      received: await of(customerId, 'received'),
    }));
  }

  async stop() {
    this.#child.kill('SIGTERM');
    await this.#gone;
  }
}
