import { cart } from './cart/cart.js';
import { customer } from './customer/customer.js';
import { order } from './order/order.js';
import { partner } from './partner/partner.js';
import { product } from './product/product.js';
import { reservation } from './reservation/reservation.js';
import { credential } from './user/credential.js';
import { user } from './user/user.js';

/** The streams that commands on other streams look at before they decide. A pool is not one: whoever decides about it appends to it. */
export const referencePrefixes = [cart, customer, order, partner, product, reservation, credential, user].map(
  ({ category }) => `${category}-`,
);
