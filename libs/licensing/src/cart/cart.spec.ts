import { describe, expect, it } from '@jest/globals';
import { given } from '../../testing/given.js';
import { customerId, onSale } from '../../testing/pool-facts.js';
import { beginCheckout, cart, checkOutCart, removeCartLine, setCartLine, type SetCartLine } from './cart.js';
import type { CartFact } from './cart.events.js';

const products = onSale({ tool: {}, form: { orderForm: { type: 'object' } } });
const set = (sku: string, quantity: number, changes: object = {}): CartFact => ({
  type: 'CartLineSet',
  data: { accountId: customerId, sku, quantity, ...changes },
});
const line = (changes: Partial<SetCartLine> = {}) => {
  const sku = changes.sku ?? 'tool';
  return { accountId: customerId, sku, quantity: 2, product: products.get(sku), checkForm: () => [], ...changes };
};

describe('A cart (003-41, 46, 72)', () => {
  it('takes a line, and another one for the same product instead of it', () => {
    expect(given(cart).when(setCartLine, line())).toEqual([set('tool', 2)]);
    expect(given(cart, set('tool', 2)).when(setCartLine, line({ quantity: 3 }))).toEqual([set('tool', 3)]);
  });

  it('is told nothing new by what stands in it', () => {
    expect(given(cart, set('tool', 2)).when(setCartLine, line())).toEqual([]);
  });

  it('keeps the answers to an order form where what is about people stands', () => {
    const form = { contact: 'Jeanne Petit' };
    expect(given(cart).when(setCartLine, line({ sku: 'form', form }))).toEqual([set('form', 2, { person: { form } })]);
  });

  it('has at most a hundred lines', () => {
    const full = Array.from({ length: 100 }, (_, index) => set(`sku-${index}`, 1));
    expect(given(cart, ...full).when(setCartLine, line())).toMatchObject({ refused: 'INVALID_REQUEST', errors: [{ path: 'sku' }] });
    expect(given(cart, ...full).when(setCartLine, line({ sku: 'sku-7', product: products.get('tool') }))).toEqual([set('sku-7', 2)]);
  });

  it('gives up what is in it, and nothing else', () => {
    expect(given(cart, set('tool', 2)).when(removeCartLine, { sku: 'tool' })).toEqual([{ type: 'CartLineRemoved', data: { sku: 'tool' } }]);
    expect(given(cart).when(removeCartLine, { sku: 'tool' })).toMatchObject({ refused: 'CART_LINE_NOT_FOUND' });
  });
});

describe('A checkout', () => {
  const orderIdAfter = (checkouts: number) => `o-${checkouts + 1}`;
  const ordered = { orderId: 'o-1', lines: [{ sku: 'tool', quantity: 2 }], orderIdAfter };
  const done: CartFact = { type: 'CartCheckedOut', data: { orderId: 'o-1', skus: ['tool'] } };

  it('takes out what was ordered; what was changed meanwhile stays', () => {
    const both = { ...ordered, lines: [...ordered.lines, { sku: 'form', quantity: 1 }] };
    expect(given(cart, set('tool', 2), set('form', 5)).when(checkOutCart, both)).toEqual([
      { type: 'CartCheckedOut', data: { orderId: 'o-1', skus: ['tool'] } },
    ]);
  });

  it('is one, said twice', () => {
    expect(given(cart, set('tool', 2), done, set('tool', 2)).when(checkOutCart, ordered)).toEqual([]);
  });

  it('begins as one of the next order, and not with an empty cart', () => {
    const begun = (orderId: string): CartFact => ({ type: 'CheckoutBegun', data: { orderId } });
    expect(given(cart, set('tool', 2), begun('o-1')).when(beginCheckout, { orderIdAfter })).toEqual([begun('o-1')]);
    expect(given(cart, set('tool', 2), done, set('tool', 1)).when(beginCheckout, { orderIdAfter })).toEqual([begun('o-2')]);
    expect(given(cart, set('tool', 2), done).when(beginCheckout, { orderIdAfter })).toMatchObject({ refused: 'CART_EMPTY' });
  });
});
