import { ApiTags } from '@nestjs/swagger';

/** The groups of the page, in its order. */
export const sections = {
  Sessions: 'Signing in',
  Users: 'People and services that sign in',
  Catalog: 'What is licensed, and under which rules',
  Partners: 'Who buys to pass on',
  Customers: 'Who uses licenses; only a customer chooses its dealer',
  Pools: 'What an account holds: purchases, assignments, first use',
  Subscriptions: 'What renews: sizes, cancellations, and what comes when',
  Deliveries: 'License files, their public keys, and cloud services: how licenses are put to use (`docs/deliveries.md`)',
  Drawdowns: 'Passing on licenses of one order, with an approval',
  Marketplace: 'Buying: the cart, orders, their payment and their delivery',
  Store: 'Signed calls of the shop',
  Notifications: 'Mails: sent, waiting, failed',
  Events: 'The ordered feed for other services',
  Audit: 'Replay and proof',
  Operations: 'Health',
  Sandbox: 'Moving the time, for integrators',
} as const;

/** A controller's group in the documents. */
export const Section = (name: keyof typeof sections): ClassDecorator => ApiTags(name);
