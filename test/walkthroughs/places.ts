import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { redisIsInstalled, spawnRedis } from '../../libs/read-store/testing/spawn-redis.js';
import { startLedger, type RunningLedger } from '../support/running-ledger.js';

/** Where a walkthrough runs: what is set, and how to be rid of it. */
export interface Place {
  readonly name: string;
  start(): Promise<RunningLedger>;
}

const embedded: Place = { name: 'embedded stores', start: () => startLedger() };

const redis: Place = {
  name: 'read models in Redis',
  async start() {
    const server = await spawnRedis();
    const ledger = await startLedger({ REDIS_URL: server.url });
    return {
      ...ledger,
      async stop() {
        await ledger.stop();
        await server.stop();
      },
    };
  },
};

const givenEventStore: Place = {
  name: 'the event store of TEST_EVENTSTORE_URL',
  start: () =>
    startLedger({
      EVENTSTORE_URL: process.env['TEST_EVENTSTORE_URL']!,
      JWT_SECRET: randomBytes(32).toString('hex'),
      LICENSE_FILE_KEY: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    }),
};

/** Each walkthrough is played on all of these. */
export const places: readonly Place[] = [
  embedded,
  ...(redisIsInstalled() ? [redis] : []),
  ...(process.env['TEST_EVENTSTORE_URL'] ? [givenEventStore] : []),
];
