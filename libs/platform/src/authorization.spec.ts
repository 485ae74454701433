import { describe, expect, it } from '@jest/globals';
import { Rejected, type Role } from '#licensing';
import { access, authorize, inForce, placeOfNewUser, type AccessName } from './authorization.js';

const relations = { linkedCustomer: async (partnerId: string, customerId: string) => partnerId === 'p' && customerId === 'linked' };

/** undefined: allowed. */
async function refusal(
  right: AccessName,
  principal: { role: Role; accountId?: string } | undefined,
  parameters: Record<string, string> = {},
  approverRole: Role = 'accounting',
) {
  try {
    await authorize(inForce(access[right], approverRole), principal && { userId: 'u', ...principal }, parameters, relations);
    return undefined;
  } catch (error) {
    return (error as Rejected).code;
  }
}

const vendor = (role: Role) => ({ role });
const ofPartner = { role: 'partner', accountId: 'p' } as const;
const ofCustomer = { role: 'customerAdmin', accountId: 'c' } as const;

it('approves drawdowns: whom the settings name, a partner’s people in their own account only', async () => {
  const approves = (principal: { role: Role; accountId?: string }, role: Role) =>
    refusal('decideDrawdown', principal, { accountId: 'p' }, role);
  expect(await approves(vendor('operator'), 'operator')).toBeUndefined();
  expect(await approves(vendor('accounting'), 'operator')).toBe('FORBIDDEN');
  expect(await approves(ofPartner, 'partner')).toBeUndefined();
  expect(await approves({ role: 'partner', accountId: 'q' }, 'partner')).toBe('POOL_NOT_FOUND');
  expect(await refusal('readDrawdownQueue', ofPartner, {}, 'partner')).toBeUndefined();
});

it('does not tell a partner that it cannot see what it may only not change', async () => {
  const told = async (right: AccessName) =>
    (async () => authorize(access[right], { userId: 'u', ...ofPartner }, { accountId: 'linked' }, relations))().catch(
      ({ message }: Error) => message,
    );
  expect(await told('readPool')).toBeUndefined();
  expect(await told('useLicenses')).toBe('POOL_NOT_FOUND: No account of yours has the id linked');
});

describe('who may do what', () => {
  it.each([
    // Catalogue and policy are the operator's; everybody reads them.
    ['changeCatalogue', vendor('operator'), {}, undefined],
    ['changeCatalogue', ofPartner, {}, 'FORBIDDEN'],
    ['readCatalogue', vendor('service'), {}, undefined],
    // A partner gives away what it has itself, and nobody gives for it.
    ['assignLicenses', ofPartner, { accountId: 'p' }, undefined],
    ['assignLicenses', ofPartner, { accountId: 'q' }, 'POOL_NOT_FOUND'],
    ['assignLicenses', vendor('operator'), { accountId: 'p' }, 'FORBIDDEN'],
    ['assignLicenses', ofCustomer, { accountId: 'c' }, 'FORBIDDEN'],
    // Only the customer links its dealer (001-03).
    ['linkDealer', ofCustomer, { customerId: 'c' }, undefined],
    ['linkDealer', ofCustomer, { customerId: 'd' }, 'CUSTOMER_NOT_FOUND'],
    ['linkDealer', vendor('operator'), { customerId: 'c' }, 'FORBIDDEN'],
    ['linkDealer', ofPartner, { customerId: 'linked' }, 'FORBIDDEN'],
    // A partner sees the customers that linked it, and does not learn that there are others.
    ['readCustomer', ofPartner, { customerId: 'linked' }, undefined],
    ['readCustomer', ofPartner, { customerId: 'c' }, 'CUSTOMER_NOT_FOUND'],
    ['readCustomer', { role: 'customerUser', accountId: 'linked' }, { customerId: 'c' }, 'CUSTOMER_NOT_FOUND'],
    ['changeCustomer', ofPartner, { customerId: 'linked' }, 'FORBIDDEN'],
    // Purchases are recorded by the operator or the shop's signed calls.
    ['recordPurchase', vendor('operator'), { accountId: 'p' }, undefined],
    ['recordPurchase', ofPartner, { accountId: 'p' }, 'FORBIDDEN'],
    ['recordStorePurchase', vendor('operator'), {}, 'FORBIDDEN'],
    ['recordStorePurchase', undefined, {}, 'SIGNATURE_INVALID'],
    ['recordStorePurchase', { role: 'system' }, {}, undefined],
    // Drawdowns are the partner's; accounting decides about them, and reads them with the rest of the vendor.
    ['submitDrawdown', ofPartner, { accountId: 'p' }, undefined],
    ['submitDrawdown', ofPartner, { accountId: 'q' }, 'POOL_NOT_FOUND'],
    ['submitDrawdown', vendor('accounting'), { accountId: 'p' }, 'FORBIDDEN'],
    ['settleDrawdown', vendor('accounting'), { accountId: 'p' }, 'FORBIDDEN'],
    ['decideDrawdown', vendor('accounting'), { accountId: 'p' }, undefined],
    ['decideDrawdown', vendor('operator'), { accountId: 'p' }, 'FORBIDDEN'],
    ['decideDrawdown', ofPartner, { accountId: 'p' }, 'FORBIDDEN'],
    ['readDrawdowns', vendor('accounting'), { accountId: 'p' }, undefined],
    ['readDrawdowns', ofPartner, { accountId: 'linked' }, 'POOL_NOT_FOUND'],
    ['readDrawdownQueue', ofPartner, {}, 'FORBIDDEN'],
    // The feed and the audit.
    ['followEvents', vendor('auditor'), {}, undefined],
    ['followEvents', vendor('service'), {}, undefined],
    ['followEvents', ofPartner, {}, 'FORBIDDEN'],
    ['audit', vendor('auditor'), {}, undefined],
    ['audit', vendor('service'), {}, 'FORBIDDEN'],
    ['readPool', undefined, { accountId: 'p' }, 'UNAUTHENTICATED'],
  ] as [AccessName, { role: Role; accountId?: string } | undefined, Record<string, string>, string | undefined][])(
    '%s by %j of %j: %s',
    async (right, principal, parameters, expected) => {
      expect(await refusal(right, principal, parameters)).toBe(expected);
    },
  );

  it('an id is the same in capitals', async () => {
    expect(await refusal('assignLicenses', ofPartner, { accountId: 'P' })).toBeUndefined();
  });

  it('whoever belongs to an account sees no other one, whatever the right', async () => {
    for (const [right, rule] of Object.entries(access)) {
      if (!('account' in rule)) continue;
      for (const role of ['partner', 'customerAdmin', 'customerUser', 'service'] as const)
        expect([right, await refusal(right as AccessName, { role, accountId: 'mine' }, { [rule.account.parameter]: 'yours' })]).toEqual([
          right,
          expect.stringMatching(/^(FORBIDDEN|.*_NOT_FOUND)$/),
        ]);
    }
  });
});

describe('where a new user belongs', () => {
  const place = (principal: { role: Role; accountId?: string }, role: Role, accountId?: string) => {
    try {
      return placeOfNewUser({ userId: 'u', ...principal }, role, accountId);
    } catch (error) {
      return (error as Rejected).code;
    }
  };

  it.each([
    [vendor('operator'), 'auditor', undefined, { accountId: undefined, kind: 'either' }],
    [vendor('operator'), 'partner', 'p', { accountId: 'p', kind: 'partner' }],
    [vendor('operator'), 'partner', undefined, 'INVALID_REQUEST'],
    [vendor('operator'), 'operator', 'p', 'INVALID_REQUEST'],
    [ofCustomer, 'customerUser', undefined, { accountId: 'c', kind: 'customer' }],
    [ofCustomer, 'customerAdmin', 'c', { accountId: 'c', kind: 'customer' }],
    [ofCustomer, 'customerUser', 'd', 'CUSTOMER_NOT_FOUND'],
    [ofCustomer, 'operator', undefined, 'FORBIDDEN'],
    [ofCustomer, 'partner', undefined, 'FORBIDDEN'],
    [ofCustomer, 'service', undefined, 'FORBIDDEN'],
  ] as [{ role: Role; accountId?: string }, Role, string | undefined, unknown][])(
    '%j creates %s of %s: %j',
    (principal, role, accountId, expected) => {
      expect(place(principal, role, accountId)).toEqual(expected);
    },
  );
});
