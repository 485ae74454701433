import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { Tokens } from '#platform';
import { bring, openMarketplace } from '../testing/marketplace.js';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { newCustomer } from '../testing/tenants.js';
import { EventStreams } from './open-stream.js';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
  await openMarketplace(api);
});
afterAll(() => api.stop());

it('a stream lasts no longer than the sign-in that opened it', async () => {
  await api.app.listen(0, '127.0.0.1');
  const { port } = api.app.getHttpServer().address() as { port: number };
  let answer: Response;
  // A machine that is slow may find the first sign-in over before the stream is opened.
  for (let seconds = 2; ; seconds *= 2) {
    const claims = new SignJWT({ role: 'auditor' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(randomUUID())
      .setIssuer('license-ledger');
    const expiring = claims.setAudience('license-ledger-api').setIssuedAt().setExpirationTime(`${seconds} seconds`);
    const token = await expiring.sign(new TextEncoder().encode(api.parts.secrets.jwtSecret));
    answer = await fetch(`http://127.0.0.1:${port}/v1/events/stream`, { headers: { authorization: `Bearer ${token}` } });
    if (answer.status !== 401) break;
  }
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('retry: ')]);
});

it('a stream of which only the head is asked for is not opened', async () => {
  const answer = await api.app.inject({ method: 'HEAD', url: '/v1/events/stream', headers: { authorization: `Bearer ${api.operator}` } });
  expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([200, 'text/event-stream; charset=utf-8', '']);
});

it('what is recorded while a stream is being opened is told once, whichever way it comes', async () => {
  const { id, token } = await newCustomer(api);
  const body = { accountId: id, lines: [{ sku: 'TOOL', quantity: 1 }], payment: { method: 'invoice' } };
  const { orderId, stream } = (await api.call({ method: 'POST', url: '/v1/orders', token, body })).body;
  const { eventLog, feed, log } = api.parts;
  await feed.start();
  const heard = feed.listen({ filter: (event) => event.type === 'OrderFulfilled' });
  const hearing = heard.next();
  // Between the listening and the reading the order goes on, and the feed has told of it before the reading begins.
  const slowly: typeof eventLog.readStream = async function* (name, range) {
    await bring.forward(api, orderId);
    await hearing;
    yield* eventLog.readStream(name, range);
  };
  const streams = new EventStreams({ ...eventLog, readStream: slowly }, feed, api.app.get(Tokens), log);
  const leaving = new AbortController();
  const told: string[] = [];
  for await (const { type } of streams.ofStream(stream, { signal: leaving.signal })) {
    told.push(type);
    if (type === 'OrderFulfilled') await bring.toItsEnd(api, orderId);
    if (type === 'OrderProvisioned') break;
  }
  leaving.abort();
  await heard.return();
  expect(told).toEqual(['OrderPlaced', 'OrderPaid', 'OrderProvisioningStarted', 'OrderFulfilled', 'OrderProvisioned']);
});
