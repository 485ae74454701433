export const password = 'a password of the demo';

/** Signs somebody in who was given a login and a password a moment ago. Logins are the run's own, so that the story can be played again. */
export async function signedInUser({ operator, anyone, run }, { who, role, accountId, email }) {
  const login = `${run}-${email}`;
  await operator.quietly('POST', '/v1/users', { login, role, accountId, email, password });
  return anyone.signIn(who, login, password);
}

/** What it is that is not finished at once: asks until the answer is as wished, and gives it. */
export async function eventually(ask, isAsWished) {
  for (;;) {
    const { body } = await ask();
    if (isAsWished(body)) return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The mails about something, once each kind of them is there and has come to its end; or as they are after ten seconds, if the mail server is away. */
export async function mailsAbout({ operator }, id, kinds) {
  const startedAt = performance.now();
  let mails = [];
  const ask = () => operator.quietly('GET', '/v1/notifications?limit=500');
  await eventually(ask, ({ items }) => {
    mails = items.filter(({ about }) => about.id === id);
    const areThere = kinds.every((kind) => mails.some((mail) => mail.kind === kind && mail.state !== 'queued'));
    return areThere || performance.now() - startedAt > 10_000;
  });
  return mails;
}

/** What time it is for the ledger: in a sandbox it may be years from now. */
export async function clockOf(operator) {
  const sandbox = await operator.quietly('GET', '/v1/sandbox/clock').catch(() => undefined);
  return { isSandbox: sandbox !== undefined, now: () => (sandbox === undefined ? new Date() : new Date(sandbox.body.now)) };
}

/** Moves a sandbox's time by so many days; all that falls due has happened when it answers. */
export async function daysPass({ operator }, days) {
  const { now } = (await operator.quietly('GET', '/v1/sandbox/clock')).body;
  await operator.put('/v1/sandbox/clock', { now: new Date(Date.parse(now) + days * 86_400_000).toISOString() });
}
