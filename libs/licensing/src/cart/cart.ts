import type { Commanded } from '../fact.js';
import { type Finding, refuseFindings } from '../invalid.js';
import { refuseSenselessLines } from '../pool/lines.js';
import { refuseUnknownBilling } from '../product/prices.js';
import { listingForSale, type ProductState } from '../product/product.js';
import { Rejected } from '../rejection.js';
import { sameValue } from '../same-value.js';
import type { CartFact, CartLine } from './cart.events.js';

export interface KeptCartLine extends CartLine {
  readonly form?: object;
}

/** What one user means to buy; kept until it is bought or removed (003-72). */
export interface CartState {
  /** In the order in which they came into the cart. */
  lines: KeptCartLine[];
  /** How many orders have been made of it: the next one gets its id by this. */
  checkouts: number;
}

export const cart = {
  category: 'cart',

  initial(): CartState {
    return { lines: [], checkouts: 0 };
  },

  evolve(state: CartState, fact: CartFact): CartState {
    switch (fact.type) {
      case 'CartLineSet': {
        const { accountId: _, person, ...line } = fact.data;
        const kept = { ...line, ...person };
        const place = state.lines.findIndex(({ sku }) => sku === line.sku);
        if (place === -1) state.lines.push(kept);
        else state.lines[place] = kept;
        return state;
      }
      case 'CartLineRemoved':
        state.lines = state.lines.filter(({ sku }) => sku !== fact.data.sku);
        return state;
      case 'CartCheckedOut':
        state.lines = state.lines.filter(({ sku }) => !fact.data.skus.includes(sku));
        state.checkouts += 1;
        return state;
      default:
        return state;
    }
  },

  sizeInBytes({ lines }: CartState): number {
    return 500 + 1_000 * lines.length;
  },
};

export interface SetCartLine extends CartLine, Commanded {
  readonly accountId: string;
  /** Answers to the product's order form; they may be given later, but not wrongly. */
  readonly form?: object;
  readonly product: ProductState | undefined;
  /** What is wrong with the answers to an order form, which is a JSON Schema. */
  readonly checkForm: (orderForm: object, answers: object, path: string) => readonly Finding[];
}
export interface RemoveCartLine extends Commanded {
  readonly sku: string;
}
export interface BeginCheckout extends Commanded {
  /** The id of the order that is made of the cart after so many others. */
  readonly orderIdAfter: (checkouts: number) => string;
}
export interface CheckOutCart extends BeginCheckout {
  readonly orderId: string;
  /** As they were when the order was placed. */
  readonly lines: readonly KeptCartLine[];
}

const linesMax = 100;

/** The line is as told from now on; the same again says nothing new (003-41, 46). */
export function setCartLine(state: CartState, command: SetCartLine): CartFact[] {
  const { accountId, sku, quantity, billing, form, product, checkForm } = command;
  refuseSenselessLines([{ sku, quantity }]);
  const listing = listingForSale(product, sku);
  refuseUnknownBilling(listing, billing);
  const { orderForm } = listing.policy;
  if (form !== undefined)
    refuseFindings(
      orderForm === undefined
        ? [{ path: 'form', message: `is not asked for: ${sku} has no order form` }]
        : checkForm(orderForm, form, 'form'),
    );
  const line = { sku, quantity, ...(billing && { billing }) };
  const known = state.lines.find((other) => other.sku === sku);
  if (sameValue(known, { ...line, form })) return [];
  if (known === undefined && state.lines.length >= linesMax)
    refuseFindings([{ path: 'sku', message: `is one too many: a cart has at most ${linesMax} lines` }]);
  return [{ type: 'CartLineSet', data: { accountId, ...line, ...(form && { person: { form } }) } }];
}

export function removeCartLine(state: CartState, { sku }: RemoveCartLine): CartFact[] {
  if (state.lines.some((line) => line.sku === sku)) return [{ type: 'CartLineRemoved', data: { sku } }];
  throw new Rejected('CART_LINE_NOT_FOUND', `There is no ${sku} in this cart.`, { sku });
}

/** Says of which order the command is from now on: two that come before that is made are about the same one. Errors: CART_EMPTY. */
export function beginCheckout(state: CartState, { orderIdAfter }: BeginCheckout): CartFact[] {
  if (state.lines.length === 0) throw cartEmpty();
  return [{ type: 'CheckoutBegun', data: { orderId: orderIdAfter(state.checkouts) } }];
}

export function cartEmpty(): Rejected {
  return new Rejected('CART_EMPTY', 'There is nothing in the cart to be bought.');
}

/** An order was made of these lines. Said twice, for two calls that came at once, it is one checkout. */
export function checkOutCart(state: CartState, { orderId, lines, orderIdAfter }: CheckOutCart): CartFact[] {
  if (orderIdAfter(state.checkouts) !== orderId) return [];
  const bought = lines.filter((line) => state.lines.some((kept) => sameValue(kept, line)));
  return [{ type: 'CartCheckedOut', data: { orderId, skus: bought.map(({ sku }) => sku) } }];
}
