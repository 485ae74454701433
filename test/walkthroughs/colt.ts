import { Caller, newRun, uniqueIn, type Answer } from '../support/caller.js';
import { paymentSecret, provisioningSecret, type RunningLedger } from '../support/running-ledger.js';
import { TheStore } from '../support/the-store.js';
import { eventually } from '../support/until.js';
import { expectStatus, type Party } from './remo.js';

export const annual = { period: 'P1Y', commitment: 'P1Y' };
export const monthly = { period: 'P1M', commitment: 'P1M' };
export const monthlyForAYear = { period: 'P1M', commitment: 'P1Y' };

/** What Microsoft sells as NCE: three billing options (003-42…45), and no cancellation after seven days (003-67). */
const nce = {
  term: 'P1Y',
  termStarts: 'onPurchase',
  reversibility: 'windowed',
  cancellationWindow: 'P7D',
  billingOptions: [annual, monthly, monthlyForAYear],
  tenant: 'microsoft',
};
const validFrom = '2026-01-01T00:00:00Z';
const prices = (perYear: string, perMonth: string, perMonthForAYear: string) => [
  { currency: 'EUR', amount: perYear, billing: annual, validFrom },
  { currency: 'EUR', amount: perMonth, billing: monthly, validFrom },
  { currency: 'EUR', amount: perMonthForAYear, billing: monthlyForAYear, validFrom },
];

const password = 'un très long mot de passe 2026';

/** The vendor's side of the Colt stories: the marketplace, its customers, and who takes payments and delivers. */
export class Colt {
  /** Distinguishes logins and products of this run from those of others on the same event store. */
  readonly unique = uniqueIn(newRun());
  readonly business = this.unique('M365-BUSINESS');
  readonly basic = this.unique('M365-BASIC');
  readonly visio = this.unique('VISIO');
  /** Something else than Microsoft's, which somebody at Colt sets up. */
  readonly trunk = this.unique('SIP-TRUNK');
  readonly category = this.unique('Applications Microsoft');

  /** Where the last product of the marketplace was listed. */
  opened: string | undefined;

  private constructor(
    readonly anyone: Caller,
    readonly operator: Caller,
    readonly payments: TheStore,
    readonly provisioning: TheStore,
  ) {}

  static async at(ledger: RunningLedger): Promise<Colt> {
    const anyone = new Caller(ledger.url);
    const operator = await anyone.signIn(ledger.operatorLogin, ledger.operatorPassword);
    return new Colt(anyone, operator, new TheStore(paymentSecret, anyone), new TheStore(provisioningSecret, anyone));
  }

  async openMarketplace(): Promise<void> {
    const list = async (sku: string, body: object) => {
      this.opened = (await expectStatus(200, this.operator.put(`/v1/products/${sku}`, body))).position;
    };
    const { category } = this;
    const link = 'https://portal.office.com';
    await list(this.business, {
      name: 'Microsoft 365 Business Premium',
      category,
      link,
      prices: prices('237.60', '23.76', '19.80'),
      policy: nce,
    });
    await list(this.basic, { name: 'Microsoft 365 Business Basic', category, link, prices: prices('61.20', '6.12', '5.10'), policy: nce });
    await list(this.visio, {
      name: 'Visio Plan 2',
      category,
      prices: prices('151.20', '15.12', '12.60'),
      policy: { ...nce, requires: [this.business] },
    });
    await list(this.trunk, {
      name: 'Téléphonie SIP',
      category: this.unique('Voix'),
      prices: [{ currency: 'EUR', amount: '40', validFrom }],
      policy: {
        ...{ term: null, termStarts: 'onPurchase', reversibility: 'free', fulfilment: 'provider' },
        orderForm: {
          type: 'object',
          properties: { site: { type: 'string', minLength: 3 }, channels: { type: 'integer', minimum: 1 } },
          required: ['site'],
          additionalProperties: false,
        },
      },
    });
  }

  /** A customer whose administrator was given a login and a password (003-03). */
  async customer(name: string, email: string): Promise<Party> {
    const { body } = await expectStatus(201, this.operator.post('/v1/customers', { name, email, language: 'fr' }));
    const login = this.unique(email);
    const user = { login, role: 'customerAdmin', accountId: body.customerId, email, password };
    await expectStatus(201, this.operator.post('/v1/users', user));
    return { id: body.customerId, login, user: await this.anyone.signIn(login, password) };
  }

  /** Somebody who sees what the customer has, and not its orders. */
  async colleagueOf({ user }: Party): Promise<Caller> {
    const login = this.unique('collegue');
    await expectStatus(201, user.post('/v1/users', { login, role: 'customerUser', password }));
    return this.anyone.signIn(login, password);
  }

  signIn(login: string): Promise<Answer> {
    return this.anyone.post('/v1/sessions', { login, password });
  }

  /** The payment provider says what came of a payment. */
  async confirm(body: object): Promise<Answer> {
    const text = JSON.stringify(body);
    return this.anyone.post('/v1/payments/confirmations', text, { headers: this.payments.signature(text) });
  }

  /** Waits until an order stands where it is expected. */
  reaches(customer: Party, orderId: string, state: string): Promise<Answer> {
    return eventually(
      () => customer.user.get(`/v1/orders/${orderId}`),
      ({ body }) => body.state === state,
    );
  }
}
