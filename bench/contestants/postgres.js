// The peer: the same API over PostgreSQL row locks. One API process a form, as the ledger has one.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { endWithUs, firstWord } from '../lib/children.js';
import { startCluster } from '../peers/postgres/cluster.js';
import { environment, heldAtFirst, nodeFlags, sku } from './scene.js';

const beside = (name) => fileURLToPath(new URL(`../peers/postgres/${name}`, import.meta.url));

/** A cluster with a database for each form, and an API process for each. */
export async function startPostgresPeers(folder, accounts) {
  const cluster = await startCluster(join(folder, 'postgres'));
  const peers = [];
  for (const form of ['interactive', 'procedure']) {
    const admin = new pg.Client({ ...cluster.place, database: 'postgres' });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${form}`);
    await admin.end();
    const client = new pg.Client({ ...cluster.place, database: form });
    // When the cluster is gone, the next query says so; between queries it is nobody's error.
    client.on('error', () => {});
    await client.connect();
    await client.query(readFileSync(beside('schema.sql'), 'utf8'));
    await client.query(readFileSync(beside('procedure.sql'), 'utf8'));
    await seed(client, accounts);
    peers.push(await startPeer(folder, cluster, form, client));
  }
  return {
    peers,
    version: cluster.version,
    async stop() {
      for (const peer of peers) await peer.stop();
      await cluster.stop();
    },
  };
}

async function seed(client, accounts) {
  const [givers, receivers] = [accounts.map(({ accountId }) => accountId), accounts.map(({ customerId }) => customerId)];
  await client.query('INSERT INTO customers SELECT * FROM unnest($1::uuid[], $2::uuid[])', [receivers, givers]);
  await client.query('INSERT INTO balances (account_id, sku, purchased, available) SELECT id, $2, $3, $3 FROM unnest($1::uuid[]) id', [
    givers,
    sku,
    heldAtFirst,
  ]);
  await client.query(
    `INSERT INTO lots (lot_id, account_id, sku, quantity, available, order_id, term)
     SELECT id || '.1', id, $2, $3, $3, 'PO-1', interval '1 year' FROM unnest($1::uuid[]) id`,
    [givers, sku, heldAtFirst],
  );
  await client.query('VACUUM ANALYZE');
}

async function startPeer(folder, cluster, form, client) {
  const data = join(folder, `peer-${form}`);
  mkdirSync(data, { recursive: true });
  const child = fork(beside('api.js'), {
    env: {
      ...environment,
      DATA_DIR: data,
      PGHOST: cluster.place.host,
      PGUSER: cluster.place.user,
      PGDATABASE: form,
      PEER_FORM: form,
      PEER_POOL_SIZE: '16',
    },
    execArgv: nodeFlags,
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  endWithUs(child);
  const gone = once(child, 'exit');
  const { port, failed } = await firstWord(child, 'the peer over PostgreSQL');
  if (port === undefined) throw new Error(`the peer over PostgreSQL did not start: ${failed}`);
  return new PostgresPeer(form, `http://127.0.0.1:${port}`, child, gone, cluster, client);
}

class PostgresPeer {
  #child;
  #gone;
  #client;

  constructor(form, url, child, gone, cluster, client) {
    this.name = `postgres, ${form}`;
    this.url = url;
    this.#child = child;
    this.#gone = gone;
    this.#client = client;
    this.pids = [child.pid, cluster.pid];
  }

  async setPoolSize(poolSize) {
    this.#child.send({ poolSize });
    await once(this.#child, 'message');
  }

  /** Everything was done when it was answered. */
  async settled() {
    return 0;
  }

  /** Errors: when rows contradict each other. */
  async given(accounts) {
    const { rows } = await this.#client.query('SELECT account_id, assigned, received FROM balances WHERE sku = $1', [sku]);
    const balances = new Map(rows.map((row) => [row.account_id, row]));
    await this.#refuseContradictions();
    return accounts.map(({ accountId, customerId }) => ({
      given: Number(balances.get(accountId)?.assigned ?? 0),
      received: Number(balances.get(customerId)?.received ?? 0),
    }));
  }

  async #refuseContradictions() {
    const { rows } = await this.#client.query(
      `SELECT (SELECT sum(assigned) FROM balances) AS assigned, (SELECT sum(received) FROM balances) AS received,
              (SELECT coalesce(sum(quantity), 0) FROM history) AS history, (SELECT count(*) FROM assignments) AS assignments,
              (SELECT sum(available) FROM lots) AS lots, (SELECT sum(available) FROM balances) AS available,
              (SELECT coalesce(sum(quantity), 0) FROM lots JOIN customers ON customer_id = account_id) AS credited`,
    );
    const { assigned, received, history, assignments, lots, available, credited } = rows[0];
    const same = [received, history, assignments, credited].every((sum) => sum === assigned) && lots === available;
    if (!same) throw new Error(`${this.name}: the rows contradict each other: ${JSON.stringify(rows[0])}`);
  }

  async stop() {
    this.#child.kill('SIGTERM');
    await this.#gone;
    await this.#client.end();
  }
}
