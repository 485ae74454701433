import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jwtVerify } from 'jose';
import { operatorPassword, startApi, type StartedApi } from '../testing/started-api.js';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const signIn = (login: unknown, password: unknown) => api.call({ method: 'POST', url: '/v1/sessions', body: { login, password } });

async function lastFacts(stream: string): Promise<{ type: string; data: object }[]> {
  const facts = [];
  for await (const { type, data } of api.parts.eventLog.readStream(stream)) facts.push({ type, data });
  return facts;
}

describe('signing in', () => {
  it('answers a token, when it expires, and who one is', async () => {
    const { status, body } = await signIn('operator', operatorPassword);
    expect(status).toBe(200);
    expect(body.user).toEqual({ id: expect.any(String), login: 'operator', role: 'operator', accountId: null });
    const { payload } = await jwtVerify(body.accessToken, new TextEncoder().encode(api.parts.secrets.jwtSecret));
    expect(payload).toMatchObject({ sub: body.user.id, role: 'operator', exp: Date.parse(body.expiresAt) / 1000 });
  });

  it.each(['OPERATOR', ' operator ', 'ｏｐｅｒａｔｏｒ'])(
    'takes %j for the same login: case, width and space do not count',
    async (login) => {
      expect((await signIn(login, operatorPassword)).body.user).toMatchObject({ login: 'operator' });
    },
  );

  it('is a fact of the user, and so is a wrong password', async () => {
    const { body } = await signIn('operator', operatorPassword);
    await signIn('operator', 'a wrong password');
    const facts = await lastFacts(`user-${body.user.id}`);
    expect(facts.slice(-2)).toEqual([
      { type: 'UserLoggedIn', data: { userId: body.user.id } },
      { type: 'LoginFailed', data: { userId: body.user.id, reason: 'wrongPassword' } },
    ]);
  });

  it('answers a wrong password, an unknown login and a user without a password alike', async () => {
    await api.call({ method: 'POST', url: '/v1/users', token: api.operator, body: { login: 'no-password', role: 'auditor' } });
    const answers = await Promise.all([signIn('operator', 'wrong'), signIn('nobody', 'wrong'), signIn('no-password', 'wrong')]);
    const shown = answers.map(({ status, body: { correlationId: _, ...problem } }) => ({ status, problem }));
    expect(shown[0]).toMatchObject({ status: 401, problem: { code: 'SIGN_IN_FAILED' } });
    expect([shown[1], shown[2]]).toEqual([shown[0], shown[0]]);
  });

  it('answers with the key it was sent, and a second time is a second sign-in', async () => {
    const call = { method: 'POST', url: '/v1/sessions', body: { login: 'operator', password: operatorPassword } } as const;
    const first = await api.call({ ...call, headers: { 'idempotency-key': 'one' } });
    const second = await api.call({ ...call, body: { login: 'operator', password: 'wrong' }, headers: { 'idempotency-key': 'one' } });
    expect([first.headers['idempotency-key'], second.status]).toEqual(['one', 401]);
  });

  it('cannot only be tried: nobody is signed in, and nothing recorded', async () => {
    const before = await api.parts.eventLog.end();
    const body = { login: 'operator', password: operatorPassword };
    const answer = await api.call({ method: 'POST', url: '/v1/sessions?dryRun=true', body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST', errors: [{ path: 'dryRun' }] } });
    expect(await api.parts.eventLog.end()).toBe(before);
  });
});

describe('an access token', () => {
  it.each([
    ['none', undefined, 'This call needs a signed-in caller'],
    ['another scheme', 'Basic b3BlcmF0b3I6cHc=', 'The Authorization header must be: Bearer <access token>'],
    ['no JWT', 'Bearer abc', 'The access token is not one of ours'],
    [
      'one without a signature',
      'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwicm9sZSI6Im9wZXJhdG9yIn0.',
      'The access token is not one of ours',
    ],
  ])('is refused: %s', async (_, authorization, detail) => {
    const answer = await api.call({ url: '/v1/me', ...(authorization && { headers: { authorization } }) });
    expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED', detail }, headers: { 'www-authenticate': 'Bearer' } });
  });

  it('is refused before the body is read', async () => {
    const answer = await api.call({
      method: 'POST',
      url: '/v1/users',
      body: '{"not json',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(401);
  });
});

describe('sign-in, badly asked', () => {
  it.each([
    ['nothing', undefined, ''],
    ['a list', [], ''],
    ['no password', { login: 'operator' }, 'password'],
    ['a number', { login: 5, password: 'x' }, 'login'],
    ['an empty login', { login: '', password: 'x' }, 'login'],
    ['an endless login', { login: 'x'.repeat(255), password: 'x' }, 'login'],
    ['an endless password', { login: 'x', password: 'x'.repeat(257) }, 'password'],
    ['control characters', { login: 'a\u0000b', password: 'x' }, 'login'],
    ['half a surrogate pair', { login: '\ud800', password: 'x' }, 'login'],
    ['an unknown field', { login: 'x', password: 'x', role: 'operator' }, 'role'],
    ['a context', { login: 'x', password: 'x', context: { actor: { role: 'operator' } } }, 'context'],
  ])('%s is INVALID_REQUEST and records nothing', async (_, body, path) => {
    const end = await api.parts.eventLog.end();
    const answer = await api.call({ method: 'POST', url: '/v1/sessions', body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path || answer.body.errors[0].path);
    expect(await api.parts.eventLog.end()).toBe(end);
  });
});
