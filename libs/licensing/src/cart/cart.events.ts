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
/** A command is about this order from now on, the next one that is made of the cart, whatever becomes of the cart meanwhile. It need not be placed yet. */
export type CheckoutBegun = Fact<'CheckoutBegun', { readonly orderId: string }>;
/** These lines became an order; what was changed meanwhile stays in the cart. */
export type CartCheckedOut = Fact<'CartCheckedOut', { readonly orderId: string; readonly skus: readonly string[] }>;

export type CartFact = CartLineSet | CartLineRemoved | CheckoutBegun | CartCheckedOut;
