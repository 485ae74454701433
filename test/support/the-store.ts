import { createHmac, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Answer, Caller } from './caller.js';

/** The shop: it signs its calls (Standard Webhooks) and hands out link tokens, both with the secret it shares with the ledger. */
export class TheStore {
  private readonly key: Buffer;

  constructor(
    secret: string,
    private readonly ledger: Caller,
  ) {
    this.key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  }

  linkToken(storeAccountId: string, { expiresInSeconds = 300 } = {}): Promise<string> {
    const expiresAt = Math.floor(Date.now() / 1000) + expiresInSeconds;
    const token = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject(storeAccountId).setAudience('license-ledger');
    return token.setExpirationTime(expiresAt).sign(this.key);
  }

  /** Tells the ledger of a purchase. The same `id` is the same call again. */
  report(purchase: object, id: string = randomUUID()): Promise<Answer> {
    const body = JSON.stringify(purchase);
    return this.ledger.post('/v1/store/purchases', body, { headers: this.signature(body, id) });
  }

  signature(body: string, id: string = randomUUID()): Record<string, string> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', this.key).update(`${id}.${timestamp}.${body}`).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
  }
}
