/** Every refusal of the product: its stable code, HTTP status, and what it means in words. Numbers travel as members beside the code. */
export const rejections = {
  INVALID_REQUEST: { status: 400, title: 'The request cannot be read, or does not follow the schema' },
  UNAUTHENTICATED: { status: 401, title: 'Sign in first: the access token is missing, wrong or expired' },
  SIGN_IN_FAILED: { status: 401, title: 'The login or the password is wrong' },
  SIGNATURE_INVALID: { status: 401, title: 'The signature of this call is missing, wrong or too old' },
  STORE_LINK_TOKEN_INVALID: { status: 400, title: 'The link token was not signed by the store for this store account, or has expired' },
  FORBIDDEN: { status: 403, title: 'Your role does not allow this' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is nothing at this address' },
  PRODUCT_NOT_FOUND: { status: 404, title: 'No such product' },
  PARTNER_NOT_FOUND: { status: 404, title: 'No such partner' },
  CUSTOMER_NOT_FOUND: { status: 404, title: 'No such customer, or it is not linked to this partner' },
  POOL_NOT_FOUND: { status: 404, title: 'No such account' },
  LICENSE_FILE_NOT_FOUND: { status: 404, title: 'No such license file in this pool' },
  SERVICE_NOT_FOUND: { status: 404, title: 'No such service in this pool' },
  ORDER_NOT_FOUND: { status: 404, title: 'No such order' },
  SUBSCRIPTION_NOT_FOUND: { status: 404, title: 'No such subscription in this pool' },
  LOT_NOT_FOUND: { status: 404, title: 'No such lot in this subscription' },
  DRAWDOWN_NOT_FOUND: { status: 404, title: 'No such drawdown in this pool' },
  CART_LINE_NOT_FOUND: { status: 404, title: 'This product is not in the cart' },
  USER_NOT_FOUND: { status: 404, title: 'No such user' },
  STREAM_NOT_FOUND: { status: 404, title: 'No such stream' },
  PARTNER_CODE_NOT_FOUND: { status: 404, title: 'No partner has this code' },
  STORE_ACCOUNT_NOT_LINKED: { status: 404, title: 'No partner has linked this store account yet: try again later' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not come whole in time' },
  POOL_EXHAUSTED: { status: 409, title: 'The pool has fewer licenses available than requested' },
  ORDER_CONFLICT: { status: 409, title: 'This order was already recorded with other lines' },
  REVERSAL_EXCEEDS_AVAILABLE: { status: 409, title: 'Only what is still available can be reversed' },
  ACTIVATION_EXCEEDS_AVAILABLE: { status: 409, title: 'Fewer licenses wait for their first use than requested' },
  DELIVERY_MISMATCH: { status: 409, title: 'The licenses are delivered in another way' },
  SERVICE_STATE_CONFLICT: { status: 409, title: 'The service is in a state that does not allow this' },
  ORDER_OF_SUBSCRIPTION: { status: 409, title: 'The order is part of a subscription: make that smaller, or cancel it' },
  RESIZE_UNDER_WAY: { status: 409, title: 'Orders that are under way bring as many licenses already' },
  SEATS_IN_USE: { status: 409, title: 'More licenses are in use than the subscription would have' },
  WINDOW_CLOSED: { status: 409, title: 'The cancellation window of these licenses is over: schedule the change for the next term' },
  RENEWAL_OFF: { status: 409, title: 'The subscription does not renew: there is no next term to change' },
  DRAWDOWN_SINGLE_ORDER: { status: 400, title: 'A drawdown is from one order at a time' },
  DRAWDOWN_EXCEEDS_ORDER: { status: 409, title: 'The order has fewer licenses available than requested' },
  DRAWDOWN_STATE: { status: 409, title: 'The drawdown is in a state that does not allow this' },
  DRAWDOWN_SELF_APPROVAL: { status: 409, title: 'Who asked for a drawdown does not decide about it' },
  SUBSCRIPTION_NOT_ACTIVE: { status: 409, title: 'The subscription is over' },
  CART_EMPTY: { status: 409, title: 'There is nothing in the cart' },
  ORDER_STATE: { status: 409, title: 'The order is not in a state in which this can happen' },
  BILLING_OPTION_UNKNOWN: { status: 409, title: 'The product is not sold with this billing option' },
  PRICE_NOT_IN_FORCE: { status: 409, title: 'The product has no price in force for what was chosen' },
  PAYMENT_REFERENCE_MISMATCH: { status: 409, title: 'The payment is known under another reference' },
  PRODUCT_WITHDRAWN: { status: 409, title: 'The product was withdrawn: it cannot be bought any more' },
  REQUIRED_PRODUCT_MISSING: { status: 409, title: 'This product requires another one that the buyer does not hold' },
  LOGIN_TAKEN: { status: 409, title: 'Somebody else has this login' },
  PARTNER_CODE_TAKEN: { status: 409, title: 'Another partner has this code' },
  STORE_ALREADY_LINKED: {
    status: 409,
    title: 'The partner is already linked to another store account, or the store account to another partner',
  },
  DEALER_NOT_LINKED: { status: 409, title: 'The customer has no dealer' },
  CLOCK_BACKWARDS: { status: 409, title: 'The sandbox clock only moves forwards' },
  CONCURRENT_CHANGE: { status: 409, title: 'Others changed the same stream at the same time, again and again: try again' },
  REVISION_MISMATCH: { status: 412, title: 'The stream is not at the revision given in If-Match' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is larger than allowed' },
  COMMAND_TOO_LARGE: { status: 413, title: 'The facts of this command are larger than one append may be' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body is not of a media type that this call takes' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'This Idempotency-Key was used with another body' },
  AS_OF_IN_FUTURE: { status: 422, title: 'asOf lies in the future' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The address and the headers are larger than allowed' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests: wait and try again' },
  INTERNAL_ERROR: { status: 500, title: 'Something went wrong on our side; the correlation id finds it in our log' },
  EVENT_STORE_UNAVAILABLE: {
    status: 503,
    title: 'The event store does not answer: nothing was recorded, or it can be repeated with the same Idempotency-Key',
  },
  LICENSE_FILE_KEY_MISSING: { status: 503, title: 'This installation has no key to sign license files with' },
  READ_STORE_UNAVAILABLE: { status: 503, title: 'The read models cannot be reached: try again' },
  READ_MODEL_BEHIND: { status: 503, title: 'The read model has not reached the position asked for' },
  READ_MODEL_STOPPED: { status: 503, title: 'The read model stopped at an event it could not take in' },
} as const;

export type RejectionCode = keyof typeof rejections;

/** Thrown by a decision or at the edge. Nothing was recorded. `members` are the numbers and names behind the refusal; `detail` says it in one sentence. */
export class Rejected extends Error {
  constructor(
    readonly code: RejectionCode,
    readonly detail: string,
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(`${code}: ${detail}`);
    this.name = 'Rejected';
  }

  get status(): number {
    return rejections[this.code].status;
  }
}
