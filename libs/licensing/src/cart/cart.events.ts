import type { Fact } from '../fact.js';
import type { Billing } from '../pool/subscription.events.js';

/** What somebody means to buy of one product. */
export interface CartLine {
  readonly sku: string;
  readonly quantity: number;
  readonly billing?: Billing;
}

/** The line of this product is as told from now on. Nothing is promised by it: prices and rules are those of the checkout. */
export type CartLineSet = Fact<'CartLineSet', CartLine & { readonly accountId: string; readonly person?: { readonly form: object } }>;
export type CartLineRemoved = Fact<'CartLineRemoved', { readonly sku: string }>;
/** These lines became an order; what was changed meanwhile stays in the cart. `again`: another command asked for it too, and was answered about the same order. */
export type CartCheckedOut = Fact<'CartCheckedOut', { readonly orderId: string; readonly skus: readonly string[]; readonly again?: true }>;

export type CartFact = CartLineSet | CartLineRemoved | CartCheckedOut;
