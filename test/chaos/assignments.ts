import { expect } from '@jest/globals';
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Caller } from '../support/caller.js';
import type { LaunchedLedger } from '../support/launched-ledger.js';
import { eventually } from '../support/until.js';
import { Remo, type Party } from '../walkthroughs/remo.js';

const sku = 'REMO-EDGE-1Y';
const bought = 1_000_000;
export const operatorPassword = 'correct horse battery staple';
export const storeSecret = `whsec_${Buffer.alloc(32, 's').toString('base64')}`;
/** A caller that waited so long asks again, and then waits twice as long, while its first call may still come through: so commands are sent more than once. */
const patienceMilliseconds = 500;
/** So many 503 a caller gets at once; then it waits as `Retry-After` says, in the long form. */
const impatience = 20;

/** A partner whose callers give licenses to three customers, each command under one Idempotency-Key until it is acknowledged, and what must be true afterwards. */
export class Assignments {
  /** What was acknowledged: the assignment's id, quantity and receiver, by its Idempotency-Key. */
  readonly acknowledged = new Map<string, { assignmentId: string; quantity: number; customerId: string }>();
  /** Answers that were neither an acknowledgement nor none at all: each 503, with what else it said. */
  readonly unavailable: { code: string; retryAfter: string | null }[] = [];
  private isOver = false;
  private callers: Promise<void>[] = [];

  private constructor(
    readonly partner: Party,
    private readonly customers: readonly Party[],
    private readonly operator: Caller,
  ) {}

  static async prepare(ledger: LaunchedLedger): Promise<Assignments> {
    const { apiUrl: url } = ledger.address;
    const remo = await Remo.at({
      url,
      operatorLogin: 'operator',
      operatorPassword,
      storeSecret,
      output: () => ledger.printed,
      stop: async () => {},
    });
    await remo.listProducts();
    const partner = await remo.partner('さくらネットワークス', 'license@sakura.example', 'SAKURA');
    const customers = await Promise.all(
      [1, 2, 3].map((number) => remo.linkedCustomer('SAKURA', `顧客${number}`, undefined, `c${number}@example.com`)),
    );
    const order = { orderId: 'PO-1', lines: [{ sku, quantity: bought }] };
    expect((await remo.operator.post(`/v1/pools/${partner.id}/purchases`, order)).status).toBe(201);
    return new Assignments(partner, customers, remo.operator);
  }

  start(callersAtOnce: number): void {
    this.callers = Array.from({ length: callersAtOnce }, () => this.assign());
  }

  /** Somebody whom nothing waits for: a command on a stream of its own. */
  newcomer(key: string): Promise<Answer> {
    return this.operator.post('/v1/partners', { name: key, email: `${key}@example.com` }, { headers: { 'idempotency-key': key } });
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.callers);
  }

  /** Every acknowledged assignment is in the log once and nothing else is; every view has come to it, by itself. */
  async check(ledger: LaunchedLedger): Promise<void> {
    const all = [...this.acknowledged.values()];
    const given = all.reduce((sum, { quantity }) => sum + quantity, 0);
    // Less than what was given is a view that has not seen everything yet.
    await eventually(
      () => balance(this.partner),
      (product) => product?.inTransit === 0 && product.assigned >= given,
    );
    expect(this.recordedOnce(await assignmentsInTheLog(ledger))).toEqual([]);
    expect(await balance(this.partner)).toMatchObject({ purchased: bought, assigned: given, available: bought - given, inTransit: 0 });
    for (const customer of this.customers) {
      const received = all.filter(({ customerId }) => customerId === customer.id).reduce((sum, { quantity }) => sum + quantity, 0);
      const answer = await eventually(
        () => balance(customer),
        (product) => (product?.received ?? 0) >= received,
      );
      expect(answer?.received ?? 0).toBe(received);
    }
  }

  /** One caller: it sends a command until it is acknowledged, always under the same key, then the next one. */
  private async assign(): Promise<void> {
    while (!this.isOver) {
      const key = randomUUID();
      const customerId = this.customers[randomInt(this.customers.length)]!.id;
      const quantity = randomInt(1, 4);
      for (let attempt = 1; ; attempt++) {
        const answer = await this.attempt(attempt, key, customerId, quantity);
        if (answer?.status === 201) {
          this.acknowledged.set(key, { assignmentId: answer.body.assignmentId, quantity, customerId });
          break;
        }
        await pause(attempt < impatience ? 10 : 1_000 * Number(answer?.headers.get('retry-after') ?? 0.01));
      }
    }
  }

  /** Undefined when there was no answer. What is neither an acknowledgement nor "not now" is a defect. */
  private async attempt(attempt: number, key: string, customerId: string, quantity: number): Promise<Answer | undefined> {
    const headers = { 'idempotency-key': key };
    const body = { customerId, lines: [{ sku, quantity }] };
    const extra = { headers, signal: AbortSignal.timeout(patienceMilliseconds * 2 ** Math.min(attempt, 6)) };
    const answer = await this.partner.user.post(`/v1/pools/${this.partner.id}/assignments`, body, extra).catch(() => undefined);
    if (answer?.status === 503) this.unavailable.push({ code: answer.body.code, retryAfter: answer.headers.get('retry-after') });
    else if (answer !== undefined && answer.status !== 201) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  /** The assignments that are lost, doubled, or were never acknowledged. */
  private recordedOnce(inTheLog: Map<string, number>): string[] {
    const wanted = new Set([...this.acknowledged.values()].map(({ assignmentId }) => assignmentId));
    return [
      ...[...wanted].filter((id) => inTheLog.get(id) !== 1).map((id) => `${id} acknowledged, in the log ${inTheLog.get(id) ?? 0} times`),
      ...[...inTheLog.keys()].filter((id) => !wanted.has(id)).map((id) => `${id} in the log, never acknowledged`),
    ];
  }
}

export async function balance({ id, user }: Party): Promise<any> {
  const answer = await user.get(`/v1/pools/${id}`).catch(() => undefined);
  return answer?.body.products?.find((product: { sku: string }) => product.sku === sku);
}

/** How often each assignment stands in the log, as an auditor reads it. */
async function assignmentsInTheLog(ledger: LaunchedLedger): Promise<Map<string, number>> {
  const operator: Caller = await ledger.caller.signIn('operator', operatorPassword);
  const times = new Map<string, number>();
  for (let after: string | undefined, end = false; !end;) {
    const { body } = await operator.get('/v1/events', { types: 'LicenseAssigned', limit: 1_000, after });
    for (const { data: fact } of body.items) times.set(fact.assignmentId, (times.get(fact.assignmentId) ?? 0) + 1);
    ({ next: after, end } = body);
  }
  return times;
}
