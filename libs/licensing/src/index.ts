export * from './fact.js';
export * from './rejection.js';
export * from './product/product.events.js';
export * from './partner/partner.events.js';
export * from './customer/customer.events.js';
export * from './pool/pool.events.js';
export * from './user/user.events.js';
export * from './reservation/reservation.events.js';
