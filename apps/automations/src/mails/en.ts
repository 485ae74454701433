import { clock, type Language } from './words.js';

const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

export const en: Language = {
  greeting: (name) => (name ? `Hello ${name},` : 'Hello,'),
  time: (at) => `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${clock(at, ':', 2)} UTC`,
  line: ({ quantity, product, sku }) => `${quantity} × ${product} (${sku})`,
  labels: {
    drawdown: 'Drawdown request',
    order: 'Order',
    customer: 'Customer',
    partner: 'Partner',
    until: 'Held until',
    lines: 'Products',
    reason: 'Reason',
    note: 'Note',
  },
  colon: ': ',
  letters: {
    drawdownSubmitted: ({ partner, customer, orderId, until }) => ({
      subject: `Drawdown request from ${partner} awaits your approval`,
      what: `${partner} asks to pass on licenses of order ${orderId} to ${customer}.`,
      next: `Please approve or reject the request. The licenses are held until ${until}; if no decision is made by then, the request lapses.`,
    }),
    drawdownApproved: ({ customer, orderId, until }) => ({
      subject: 'Your drawdown request was approved',
      what: `Your request to pass on licenses of order ${orderId} to ${customer} was approved.`,
      next: `Please accept it now: the licenses move to the customer as soon as you do. They are held for you until ${until}. If you no longer need them, you can cancel the request.`,
    }),
    drawdownRejected: ({ customer, orderId }) => ({
      subject: 'Your drawdown request was rejected',
      what: `Your request to pass on licenses of order ${orderId} to ${customer} was rejected.`,
      next: 'The licenses are available again. You can clone the request, change it and submit it once more.',
    }),
    orderReady: ({ orderId }) => ({
      subject: 'Your order is ready',
      what: `Your order ${orderId} has been provisioned and is ready to use.`,
      next: 'You will find your licenses and subscriptions in your account.',
    }),
    orderFailed: ({ orderId }) => ({
      subject: 'Your order could not be completed',
      what: `Your order ${orderId} could not be provisioned.`,
      next: 'Nothing was added to your account. If you have questions, please contact your provider and quote the order number.',
    }),
    paymentFailed: ({ orderId }) => ({
      subject: 'The payment for your order failed',
      what: `The payment for your order ${orderId} was not confirmed, so the order was not carried out.`,
      next: 'Nothing was provisioned. You are welcome to place the order again.',
    }),
  },
  closing: (support) =>
    support === undefined
      ? 'This message was sent automatically. Please do not reply to it.'
      : `This message was sent automatically. If you need help, reply to it or write to ${support}.`,
};
