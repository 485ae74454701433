import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { Rejected } from '#licensing';
import { shopTimes, verifySignedCall } from './signed-call.js';

const secret = `whsec_${Buffer.from('thirty-two bytes of a secret key').toString('base64')}`;
const now = '2026-04-01T02:15:00.000Z';
const body = '{"orderId":"EC-ORDER-88120","name":"山田"}';

function signed(at = now, { id = 'msg_1', by = secret }: { id?: string; by?: string } = {}) {
  const timestamp = String(Math.floor(Date.parse(at) / 1000));
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': new Webhook(by).sign(id, new Date(at), body) };
}

function verify(headers: Record<string, string | string[] | undefined>, rawBody = body, withSecret: string | undefined = secret) {
  return verifySignedCall(withSecret, { headers, rawBody: Buffer.from(rawBody) }, [now]);
}

function refusal(work: () => unknown): Partial<Rejected> {
  try {
    return { detail: `taken: ${String(work())}` };
  } catch (error) {
    return error as Rejected;
  }
}

describe('a signed call of the store', () => {
  it('is taken with the signature of the standard library, and its id is the idempotency key', () => {
    expect(verify(signed())).toBe('msg_1');
  });

  it('is taken when any of several signatures holds, as while a secret is changed', () => {
    const headers = signed();
    expect(verify({ ...headers, 'webhook-signature': `v1a,c29tZXRoaW5n v1,AAAA ${headers['webhook-signature']}` })).toBe('msg_1');
  });

  it.each([
    ['another body', signed(), `${body} `],
    ['another secret', signed(now, { by: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }), body],
    ['another id', { ...signed(), 'webhook-id': 'msg_2' }, body],
    ['another time', { ...signed(), 'webhook-timestamp': String(Date.parse(now) / 1000 + 1) }, body],
    ['an asymmetric version', { ...signed(), 'webhook-signature': signed()['webhook-signature'].replace('v1,', 'v1a,') }, body],
    ['no signature', { ...signed(), 'webhook-signature': undefined }, body],
    ['two ids', { ...signed(), 'webhook-id': ['msg_1', 'msg_1'] }, body],
    ['an id that is no text in ASCII', signed(now, { id: 'メッセージ' }), body],
    ['a time that is no number', { ...signed(), 'webhook-timestamp': '1e9' }, body],
  ])('is refused with %s', (_, headers, rawBody) => {
    expect(refusal(() => verify(headers, rawBody))).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });

  it.each([
    ['five minutes old', '2026-04-01T02:10:00.000Z', undefined],
    ['five minutes ahead', '2026-04-01T02:20:00.000Z', undefined],
    ['a second older than that', '2026-04-01T02:09:59.000Z', 'SIGNATURE_INVALID'],
    ['a second further ahead', '2026-04-01T02:20:01.000Z', 'SIGNATURE_INVALID'],
  ])('may be %s or not', (_, at, code) => {
    expect(refusal(() => verify(signed(at))).code).toBe(code);
  });

  it('may be signed by the clock of the product, and in the sandbox by that of the wall', () => {
    const clock = { now: () => new Date(now), nowText: () => now };
    expect(shopTimes(clock, false)).toEqual([now]);
    const today = new Date().toISOString();
    const headers = signed(today);
    expect(verifySignedCall(secret, { headers, rawBody: Buffer.from(body) }, shopTimes(clock, true))).toBe('msg_1');
    expect(refusal(() => verify(headers)).code).toBe('SIGNATURE_INVALID');
  });

  it('is refused by an installation without a secret, and says so', () => {
    expect(refusal(() => verifySignedCall(undefined, { headers: signed(), rawBody: Buffer.from(body) }, [now])).detail).toContain(
      'no secret',
    );
  });
});
