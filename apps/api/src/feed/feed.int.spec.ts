import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { canonicalJson, firstPrevHash } from '#event-store';
import { startApi, type StartedApi } from '../testing/started-api.js';
import { bought, newCustomer, newPartner, newProduct, tokenOf, type Tenant } from '../testing/tenants.js';

let api: StartedApi;
let auditor: string;
let partner: Tenant;
let other: Tenant;
beforeAll(async () => {
  api = await startApi();
  auditor = await tokenOf(api, 'auditor');
  await newProduct(api, 'A');
  const registered = await newPartner(api);
  partner = registered;
  other = await newPartner(api);
  const customer = await newCustomer(api, registered.partnerCode);
  for (let order = 0; order < 3; order++) await bought(api, partner.id, 'A', 10);
  await bought(api, other.id, 'A', 1);
  const assignment = { customerId: customer.id, lines: [{ sku: 'A', quantity: 2 }] };
  const url = `/v1/pools/${partner.id}/assignments`;
  expect((await api.call({ method: 'POST', url, token: partner.token, body: assignment })).status).toBe(201);
  await api.app.listen(0, '127.0.0.1');
});
afterAll(() => api.stop());

const list = (query = '', token = auditor) => api.call({ url: `/v1/events${query}`, token });

async function everything(query = ''): Promise<any[]> {
  const items = [];
  for (let after = ''; ;) {
    const { body } = await list(`?limit=2${query}${after}`);
    items.push(...body.items);
    if (body.end) return items;
    after = `&after=${body.next}`;
  }
}

describe('the feed by pages', () => {
  it('tells every fact once and in order, whatever the size of the pages', async () => {
    const items = await everything();
    const positions = items.map(({ position }) => BigInt(position));
    expect(positions).toEqual([...positions].sort((one, next) => (one < next ? -1 : 1)));
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    expect(items.map(({ id }) => id)).toEqual((await list('?limit=1000')).body.items.map(({ id }: { id: string }) => id));
  });

  it('tells facts as CloudEvents, and nothing of credentials, reservations and checkpoints', async () => {
    const items = await everything();
    expect(items.at(-1)).toMatchObject({
      specversion: '1.0',
      type: 'LicenseAssigned',
      subject: `pool-${partner.id}`,
      revision: 3,
      data: { accountId: partner.id },
      actor: expect.any(String),
    });
    for (const [name, value] of Object.entries(items.at(-1)))
      if (name !== 'data')
        expect([name, typeof value]).toEqual([expect.stringMatching(/^[a-z]+$/), expect.stringMatching(/^(string|number)$/)]);
    expect(new Set(items.map(({ subject }) => subject.split('-')[0]))).toEqual(new Set(['user', 'product', 'partner', 'customer', 'pool']));
  });

  it('lets anybody compute the hash chains again', async () => {
    const last = new Map<string, string>();
    for (const { subject, revision, id, type, data, metadata, prevhash, hash } of await everything()) {
      const hashed = canonicalJson({ stream: subject, revision, id, type, data, metadata: JSON.parse(metadata) });
      expect(prevhash).toBe(last.get(subject) ?? firstPrevHash);
      expect(hash).toBe(
        createHash('sha256')
          .update(prevhash + hashed)
          .digest('hex'),
      );
      last.set(subject, hash);
    }
    expect(last.size).toBeGreaterThan(5);
  });

  it('tells only the types and the account asked for', async () => {
    const types = await everything('&types=LicensePurchased,%20LicenseAssigned');
    expect(types.map(({ type }) => type)).toEqual([...Array(4).fill('LicensePurchased'), 'LicenseAssigned']);
    const ofOther = await everything(`&account=${other.id}`);
    expect(ofOther.map(({ type }) => type)).toEqual(['PartnerRegistered', 'LicensePurchased']);
    expect(await everything(`&account=${other.id}&types=LicensePurchased`)).toHaveLength(1);
  });

  it('goes on where it ended, also when nothing was found there', async () => {
    const { body: page } = await list('?types=NothingOfTheKind');
    expect(page).toEqual({ items: [], next: String(await api.parts.eventLog.end()), end: true });
    await bought(api, other.id, 'A', 1);
    expect((await list(`?after=${page.next}`)).body.items.map(({ type }: { type: string }) => type)).toEqual(['LicensePurchased']);
  });

  it('tells a service of an account that account only', async () => {
    const service = await tokenOf(api, 'service', other.id);
    const { body } = await list('?limit=1000', service);
    expect(new Set(body.items.map(({ subject }: { subject: string }) => subject))).toEqual(
      new Set([`pool-${other.id}`, `partner-${other.id}`]),
    );
    expect(await list(`?account=${partner.id}`, service)).toMatchObject({ status: 404, body: { code: 'POOL_NOT_FOUND' } });
  });

  it.each([
    ['after=x', 'after'],
    ['after=-1', 'after'],
    ['after=1', 'after'],
    ['after=99999999999999999999', 'after'],
    ['types=license-assigned', 'types'],
    ['types=', 'types'],
    ['account=somebody', 'account'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=ten', 'limit'],
    ['since=1', 'since'],
    ['after=1&after=2', 'after'],
  ])('refuses ?%s', async (query, path) => {
    expect(await list(`?${query}`)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', errors: [{ path }] } });
  });

  it.each(['partner', 'customerAdmin', 'customerUser', 'accounting'] as const)('is not for the role %s', async (role) => {
    expect(await list('', await tokenOf(api, role, partner.id))).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });
});

describe('the feed as a stream', () => {
  it('begins now, and its ids are positions', async () => {
    const reader = await Reader.open('');
    const { headers } = await bought(api, partner.id, 'A', 1);
    expect(await reader.next()).toMatchObject({ id: headers['ledger-position'], data: { type: 'LicensePurchased' } });
    reader.leave();
  });

  it('goes on after Last-Event-ID without missing or doubling one, history and what comes', async () => {
    const { body } = await list('?limit=1000');
    const known = body.items.map(({ position }: { position: string }) => position);
    const reader = await Reader.open('', { 'last-event-id': known[2] });
    for (const position of known.slice(3)) expect((await reader.next()).id).toBe(position);
    const { headers } = await bought(api, partner.id, 'A', 1);
    expect((await reader.next()).id).toBe(headers['ledger-position']);
    reader.leave();
  });

  it('filters like the pages do', async () => {
    const { body } = await list('?limit=1');
    const reader = await Reader.open(`?after=${body.next}&types=LicenseAssigned`);
    expect((await reader.next()).data.type).toBe('LicenseAssigned');
    reader.leave();
  });

  it.each(['1', 'x', '9999999999999999999'])('refuses to go on after %s, where no event stands', async (after) => {
    const answer = await api.call({ url: '/v1/events/stream', token: auditor, headers: { 'last-event-id': after } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  });
});

/** A reader of the stream over a socket of its own. */
class Reader {
  private text = '';
  private wake: () => void = () => {};

  private constructor(private readonly answer: IncomingMessage) {
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      this.wake();
    });
  }

  static async open(query: string, headers: Record<string, string> = {}): Promise<Reader> {
    const { port } = api.app.getHttpServer().address() as { port: number };
    const asked = request({ port, path: `/v1/events/stream${query}`, headers: { authorization: `Bearer ${auditor}`, ...headers } });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const reader = new Reader(answer);
    // The first line comes when the reader is registered: from then on nothing is missed.
    await reader.block();
    return reader;
  }

  async next(): Promise<{ id: string; data: any }> {
    for (;;) {
      const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(await this.block()) ?? [];
      if (id && data) return { id, data: JSON.parse(data) };
    }
  }

  leave(): void {
    this.answer.destroy();
  }

  private async block(): Promise<string> {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.text.slice(0, end);
        this.text = this.text.slice(end + 2);
        return block;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
