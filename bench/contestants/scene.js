// Who takes part, the same for every contestant: partners with a customer each, and more licenses than any run can give away.
import { Tokens } from '#platform';

export const sku = 'BENCH-1Y';
export const policy = { term: 'P1Y', termStarts: 'onAssignment', reversibility: 'irreversible' };
export const heldAtFirst = 500_000_000;

/** Both contestants sign their access tokens with it, so that neither has to sign anybody in. */
export const jwtSecret = 'the secret of a bench that lasts minutes and holds nothing of worth';
const tokens = new Tokens(jwtSecret, 1_440);

export const operatorToken = (await tokens.issue({ userId: 'bench-operator', role: 'operator' })).accessToken;

export async function tokenOf(role, accountId) {
  return (await tokens.issue({ userId: `bench-${accountId}`, role, accountId })).accessToken;
}

/** As the supervisor of the ledger starts its children (ADR 075): the peers and what is started alone get the same. */
export const nodeFlags = ['--max-semi-space-size=32'];

/** What the processes of every contestant are started with. */
export const environment = {
  ...process.env,
  JWT_SECRET: jwtSecret,
  PORT: '0',
  EVENTSTORE_PORT: '0',
  EVENTSTORE_URL: '',
  REDIS_URL: '',
  LOG_LEVEL: 'warn',
  OPERATOR_PASSWORD: 'a password of the bench',
  ACCESS_TOKEN_MINUTES: '1440',
  LIMIT_REQUESTS_PER_MINUTE: '100000000',
  LIMIT_SIGN_IN_PER_MINUTE: '1000000',
};

/** The request that is measured: one license to the account's customer. */
export function assignment({ accountId, customerId, token }) {
  return {
    method: 'POST',
    path: `/v1/pools/${accountId}/assignments`,
    token,
    body: JSON.stringify({ customerId, lines: [{ sku, quantity: 1 }] }),
  };
}
