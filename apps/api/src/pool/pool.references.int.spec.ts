import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Ledger } from '#event-store';
import { customer, linkDealer, unlinkDealer } from '#licensing';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { newCustomer, newPartner } from '../testing/tenants.js';
import { customerFor } from './pool.references.js';

let api: StartedApi;
beforeAll(async () => void (api = await startApi()));
afterAll(() => api.stop());

/** A process that hears nothing of the others. */
const deaf = () => new Ledger({ log: api.parts.eventLog, now: () => api.parts.clock.nowText() });
const context = () => ({
  commandId: randomUUID(),
  inputHash: 'a'.repeat(64),
  correlationId: 'elsewhere',
  actor: { userId: randomUUID(), role: 'operator' } as const,
});

it('a link that another process has recorded is not denied, and one that it has ended is', async () => {
  const { id: partnerId, partnerCode } = await newPartner(api);
  const { id: customerId } = await newCustomer(api);
  const [here, there] = [deaf(), deaf()];
  const dealerHere = async () => (await customerFor(here, partnerId, customerId)).partnerId;
  expect(await dealerHere()).toBeUndefined();
  await there.record(customer, customerId, { customerId, partnerId, partnerCode, context: context() }, linkDealer);
  expect(await dealerHere()).toBe(partnerId);
  await there.record(customer, customerId, { customerId, context: context() }, unlinkDealer);
  expect((await customerFor(here, randomUUID(), customerId)).partnerId).toBeUndefined();
});
