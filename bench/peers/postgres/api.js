// The same API as the ledger's, over PostgreSQL: the product's own process frame, Fastify set-up, token check, rate limit, body class,
// validation, controller, answer and problem filter, out of dist/. Only what handles the command is another.
// Started by contestants/postgres.js with PEER_FORM, PGHOST and PGDATABASE; a message {poolSize} changes the number of connections.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { CommandHandler } from '@nestjs/cqrs';
import pg from 'pg';
import { readSecrets, readSettings, runProcess, wallClock } from '#platform';
import { createApi } from '../../../dist/apps/api/src/create-api.js';
import { AssignLicenses } from '../../../dist/apps/api/src/pool/pool.commands.js';
import { PoolController } from '../../../dist/apps/api/src/pool/pool.controller.js';
import { assignInteractively } from './interactive.js';
import { assignByProcedure } from './procedure.js';

const forms = { interactive: assignInteractively, procedure: assignByProcedure };

async function start({ log }) {
  const settings = readSettings();
  const assign = forms[process.env.PEER_FORM];
  let pool = open(Number(process.env.PEER_POOL_SIZE));

  class AssignLicensesHandler {
    async execute(command) {
      const { position, replayed } = await assign(pool, command, wallClock.nowText());
      return { stream: `pool-${command.accountId}`, revision: Number(position), position, facts: [], replayed, dryRun: false };
    }
  }
  CommandHandler(AssignLicenses)(AssignLicensesHandler);
  class PeerModule {}
  Module({ controllers: [PoolController], providers: [AssignLicensesHandler] })(PeerModule);

  const secrets = readSecrets(settings);
  // The parts of the ledger behind the API: the peer has none of them, and nothing of it asks.
  const [eventLog, ledger, feed, readStore] = [{}, {}, {}, {}];
  const app = await createApi({ settings, secrets, clock: wallClock, log, eventLog, ledger, feed, readStore }, [PeerModule]);
  await app.listen(settings.port, settings.host);
  process.on('message', async ({ poolSize }) => {
    if (poolSize === undefined) return;
    await pool.end();
    pool = open(poolSize);
    process.send({ poolSize });
  });
  return {
    ready: { port: app.getHttpServer().address().port },
    async stop() {
      await app.close();
      await pool.end();
    },
  };
}

/** PGHOST is the folder of a Unix socket, the cheapest way to the database. */
function open(max) {
  const pool = new pg.Pool({ max, min: max, idleTimeoutMillis: 0 });
  pool.on('error', (error) => process.stderr.write(`postgres peer: ${error.message}\n`));
  return pool;
}

runProcess('postgres-peer', start);
