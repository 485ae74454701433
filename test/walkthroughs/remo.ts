import { Caller, newRun, uniqueIn, type Answer } from '../support/caller.js';
import type { RunningLedger } from '../support/running-ledger.js';
import { TheStore } from '../support/the-store.js';

/** The four licenses of i-PRO Remo. Service (000-22), and what their names say of their term (000-25). */
export const remoProducts = [
  { sku: 'REMO-EDGE-1Y', name: 'i-PRO Remo. Service エッジストレージ録画1年', category: 'エッジストレージ録画', term: 'P1Y' },
  { sku: 'REMO-EDGE-5Y', name: 'i-PRO Remo. Service エッジストレージ録画5年', category: 'エッジストレージ録画', term: 'P5Y' },
  { sku: 'REMO-DIRECT-1Y', name: 'i-PRO Remo. Service カメラダイレクト録画1年', category: 'カメラダイレクト録画', term: 'P1Y' },
  { sku: 'REMO-DIRECT-5Y', name: 'i-PRO Remo. Service カメラダイレクト録画5年', category: 'カメラダイレクト録画', term: 'P5Y' },
] as const;

const password = 'とても長いパスワード 2026';

/** A partner or customer with a user of its own who is signed in. */
export interface Party {
  readonly id: string;
  readonly user: Caller;
  readonly login: string;
}

/** The vendor's side of the i-PRO stories: who registers partners, customers and products. */
export class Remo {
  /** Distinguishes logins and codes of this run from those of others on the same event store. */
  readonly unique = uniqueIn(newRun());

  private constructor(
    readonly anyone: Caller,
    readonly operator: Caller,
    readonly store: TheStore,
  ) {}

  static async at(ledger: RunningLedger): Promise<Remo> {
    const anyone = new Caller(ledger.url);
    const operator = await anyone.signIn(ledger.operatorLogin, ledger.operatorPassword);
    return new Remo(anyone, operator, new TheStore(ledger.storeSecret, anyone));
  }

  listProducts(): Promise<Answer[]> {
    return Promise.all(
      remoProducts.map(({ sku, name, category, term }) =>
        this.operator.put(`/v1/products/${sku}`, {
          name,
          category,
          policy: { term, termStarts: 'onAssignment', reversibility: 'irreversible' },
        }),
      ),
    );
  }

  async partner(name: string, email: string, partnerCode: string): Promise<Party> {
    const { body } = await expectStatus(201, this.operator.post('/v1/partners', { name, email, partnerCode, language: 'ja' }));
    return this.withUser(body.partnerId, 'partner', email);
  }

  /** Registered by the vendor; its administrator can sign in. */
  async customer(name: string, nameReading: string | undefined, email: string): Promise<Party> {
    const { body } = await expectStatus(201, this.operator.post('/v1/customers', { name, nameReading, email, language: 'ja' }));
    return this.withUser(body.customerId, 'customerAdmin', email);
  }

  async linkedCustomer(partnerCode: string, name: string, nameReading: string | undefined, email: string): Promise<Party> {
    const customer = await this.customer(name, nameReading, email);
    await expectStatus(200, customer.user.put(`/v1/customers/${customer.id}/dealer`, { partnerCode }));
    return customer;
  }

  private async withUser(id: string, role: string, email: string): Promise<Party> {
    const login = this.unique(email);
    await expectStatus(201, this.operator.post('/v1/users', { login, role, accountId: id, email, password }));
    return { id, login, user: await this.anyone.signIn(login, password) };
  }

  signIn(login: string): Promise<Answer> {
    return this.anyone.post('/v1/sessions', { login, password });
  }
}

/** Errors: when the answer has another status, with what it said. */
export async function expectStatus(status: number, call: Promise<Answer>): Promise<Answer> {
  const answer = await call;
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
}
