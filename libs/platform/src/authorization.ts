import { Rejected, roles, type Actor, type RejectionCode, type Role } from '#licensing';

/** Who may call a route. */
export interface AccessRule {
  /** `anyone`: without signing in. */
  readonly roles: readonly Role[] | 'anyone';
  /**
   * The path's parameter that names the account asked about. Users of an account may name their own, or one that is related to it as told;
   * any other is answered as if it did not exist. Users of the vendor have no account and see all.
   */
  readonly account?: { readonly parameter: string; readonly otherwise: RejectionCode; readonly relation?: 'linkedCustomer' };
  /** The role that DRAWDOWN_APPROVER_ROLE names may call it, too (004-26). */
  readonly approver?: true;
  /** Only for users of the vendor: those of an account may not, whatever their role. */
  readonly vendorOnly?: true;
  /** Calls signed with this secret are let in too (Standard Webhooks). */
  readonly signedBy?: 'storeSecret' | 'paymentSecret' | 'provisioningSecret';
}

const partner = { parameter: 'partnerId', otherwise: 'PARTNER_NOT_FOUND' } as const;
const customer = { parameter: 'customerId', otherwise: 'CUSTOMER_NOT_FOUND' } as const;
const pool = { parameter: 'accountId', otherwise: 'POOL_NOT_FOUND' } as const;

/** The whole of who may do what (ADR 061): one row a right, and nothing about it anywhere else. An operator may read what an auditor may. */
export const access = {
  anyone: { roles: 'anyone' },
  signedIn: { roles },
  createUser: { roles: ['operator', 'customerAdmin'] },

  readCatalogue: { roles },
  changeCatalogue: { roles: ['operator'] },

  registerPartner: { roles: ['operator'] },
  readPartner: { roles: ['operator', 'accounting', 'auditor', 'partner'], account: partner },
  changePartner: { roles: ['operator', 'partner'], account: partner },
  linkStore: { roles: ['partner'], account: partner },
  listLinkedCustomers: { roles: ['operator', 'auditor', 'partner'], account: partner },

  registerCustomer: { roles: ['operator', 'partner'] },
  readCustomer: {
    roles: ['operator', 'accounting', 'auditor', 'partner', 'customerAdmin', 'customerUser'],
    account: { ...customer, relation: 'linkedCustomer' },
  },
  changeCustomer: { roles: ['operator', 'customerAdmin'], account: customer },
  linkDealer: { roles: ['customerAdmin'], account: customer },

  recordStorePurchase: { roles: [], signedBy: 'storeSecret' },
  recordPurchase: { roles: ['operator'], signedBy: 'storeSecret' },
  reversePurchase: { roles: ['operator'], signedBy: 'storeSecret' },
  readPool: {
    roles: ['operator', 'accounting', 'auditor', 'partner', 'customerAdmin', 'customerUser'],
    account: { ...pool, relation: 'linkedCustomer' },
  },
  assignLicenses: { roles: ['partner'], account: pool },
  activateLicenses: { roles: ['operator', 'partner', 'customerAdmin'], account: pool },
  useLicenses: { roles: ['operator', 'partner', 'customerAdmin'], account: pool },
  completeProvisioning: { roles: ['operator'] },
  confirmProvisioning: { roles: [], signedBy: 'provisioningSecret' },
  changeSubscriptions: { roles: ['operator', 'customerAdmin'], account: pool },
  readAssignments: { roles: ['operator', 'auditor', 'partner'], account: pool },

  readNotifications: { roles: ['operator', 'auditor', 'partner', 'customerAdmin'] },
  readDrawdowns: { roles: ['operator', 'accounting', 'auditor', 'partner'], account: pool },
  submitDrawdown: { roles: ['partner'], account: pool },
  decideDrawdown: { roles: [], approver: true, account: pool },
  settleDrawdown: { roles: ['partner'], account: pool },
  readDrawdownQueue: { roles: ['operator', 'accounting', 'auditor'], approver: true },
  useCart: { roles: ['customerAdmin'] },
  // Whose an order is, is known to its stream only: whoever asks for somebody else's is told that it does not exist.
  placeOrder: { roles: ['operator', 'customerAdmin'] },
  readOrders: { roles: ['operator', 'accounting', 'auditor', 'customerAdmin'] },
  cancelOrder: { roles: ['operator', 'customerAdmin'] },
  confirmPayment: { roles: [], signedBy: 'paymentSecret' },
  readFulfilments: { roles: ['operator', 'service'], vendorOnly: true },
  fulfil: { roles: ['operator', 'service'], vendorOnly: true, signedBy: 'provisioningSecret' },

  moveSandboxClock: { roles: ['operator'] },
  followEvents: { roles: ['operator', 'service', 'auditor'] },
  audit: { roles: ['operator', 'auditor'] },
} as const satisfies Record<string, AccessRule>;

export type AccessName = keyof typeof access;

/** Answers whether two accounts are related. */
export interface Relations {
  /** The customer made this partner its dealer, or was registered by its drawdown and has named no dealer yet, as things stand. */
  linkedCustomer(partnerId: string, customerId: string): Promise<boolean>;
}

/** The rule as it stands in an installation: approvers are whom its settings name. */
export function inForce(rule: AccessRule, approverRole: Role): AccessRule {
  if (!rule.approver || rule.roles === 'anyone' || rule.roles.includes(approverRole)) return rule;
  return { ...rule, roles: [...rule.roles, approverRole] };
}

/**
 * The one place that says yes or no. Errors: Rejected UNAUTHENTICATED without a principal, FORBIDDEN when the role does not have the right,
 * and the rule's own NOT_FOUND code for an account that is not the principal's: nobody learns that it exists.
 */
export function authorize(
  rule: AccessRule,
  principal: Actor | undefined,
  parameters: Readonly<Record<string, string | undefined>>,
  relations: Relations,
): void | Promise<void> {
  if (rule.roles === 'anyone') return;
  if (!principal)
    throw new Rejected(
      rule.signedBy && rule.roles.length === 0 ? 'SIGNATURE_INVALID' : 'UNAUTHENTICATED',
      'This call needs a signed-in caller',
    );
  if (principal.role === 'system') return;
  if (!rule.roles.includes(principal.role))
    throw new Rejected(
      'FORBIDDEN',
      `The role ${principal.role} does not allow this; it takes ${rule.roles.join(' or ') || 'a signed call'}`,
    );
  if (rule.vendorOnly && principal.accountId !== undefined)
    throw new Rejected('FORBIDDEN', 'This is for users of the vendor, not for those of an account');
  if (!rule.account || principal.accountId === undefined) return;
  const asked = parameters[rule.account.parameter];
  if (asked === undefined || asked.toLowerCase() === principal.accountId) return;
  const { otherwise, relation } = rule.account;
  // A customer's pool that its partner may see is still none that it may change.
  const whose = relation ? 'Nothing that you may see' : 'No account of yours';
  const notFound = () => new Rejected(otherwise, `${whose} has the id ${asked}`);
  if (!relation || principal.role !== 'partner') throw notFound();
  return relations[relation](principal.accountId, asked).then((related) => {
    if (!related) throw notFound();
  });
}

/** Roles whose users belong to a partner or customer; the others are the vendor's, and a service may be either. */
const accountKinds: Readonly<Partial<Record<Role, 'partner' | 'customer'>>> = {
  partner: 'partner',
  customerAdmin: 'customer',
  customerUser: 'customer',
};

/** Where a new user belongs: which account, and of which kind it has to be. `either` is for services. */
export interface NewUserPlace {
  readonly accountId: string | undefined;
  readonly kind: 'partner' | 'customer' | 'either';
}

/**
 * An operator creates anybody; a customer's administrator only users of its own customer, whose account is then taken as given.
 * Errors: FORBIDDEN for a role above the caller's, CUSTOMER_NOT_FOUND for another account, INVALID_REQUEST for a role without its account or the other way round.
 */
export function placeOfNewUser(principal: Actor, role: Role, accountId: string | undefined): NewUserPlace {
  const kind = accountKinds[role] ?? 'either';
  if (principal.role === 'customerAdmin') {
    if (kind !== 'customer')
      throw new Rejected('FORBIDDEN', `The role customerAdmin creates the roles customerAdmin and customerUser, not ${role}`);
    if (accountId !== undefined && accountId !== principal.accountId)
      throw new Rejected('CUSTOMER_NOT_FOUND', `Nothing that you may see has the id ${accountId}`);
    return { accountId: principal.accountId, kind };
  }
  const finding =
    kind !== 'either' && accountId === undefined
      ? `is needed for the role ${role}`
      : kind === 'either' && accountId !== undefined && role !== 'service'
        ? `is not for the role ${role}: it belongs to the vendor`
        : undefined;
  if (finding) throw new Rejected('INVALID_REQUEST', `accountId ${finding}`, { errors: [{ path: 'accountId', message: finding }] });
  return { accountId, kind };
}
