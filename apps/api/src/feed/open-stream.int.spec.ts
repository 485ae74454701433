import { afterAll, beforeAll, expect, it } from '@jest/globals';
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

it('what is recorded while a stream is being opened is told once, whichever way it comes', async () => {
  const { id, token } = await newCustomer(api);
  const body = { accountId: id, lines: [{ sku: 'TOOL', quantity: 1 }], payment: { method: 'invoice' } };
  const { orderId, stream } = (await api.call({ method: 'POST', url: '/v1/orders', token, body })).body;
  const { eventLog, feed, settings, log } = api.parts;
  await feed.start();
  const heard = feed.listen({ filter: (event) => event.type === 'OrderFulfilled' });
  const hearing = heard.next();
  // Between the listening and the reading the order goes on, and the feed has told of it before the reading begins.
  const slowly: typeof eventLog.readStream = async function* (name, range) {
    await bring.forward(api, orderId);
    await hearing;
    yield* eventLog.readStream(name, range);
  };
  const streams = new EventStreams({ ...eventLog, readStream: slowly }, feed, settings, log);
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
