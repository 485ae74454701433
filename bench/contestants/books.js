import { setTimeout as pause } from 'node:timers/promises';

const patienceMilliseconds = 120_000;

/**
 * Every account has given what was acknowledged and its customer has received it: no more, no less. What is still on its way has time to arrive.
 * `acknowledged` counts by account, in their order; `position` is that of the last answer. Errors: what does not agree.
 */
export async function expectGiven(contestant, accounts, acknowledged, position) {
  const giveUpAt = performance.now() + patienceMilliseconds;
  for (;;) {
    const found = await contestant.given(accounts, position);
    const index = found.findIndex(({ given, received }, place) => given !== acknowledged[place] || received !== acknowledged[place]);
    if (index < 0) return;
    const { given, received } = found[index];
    if (given > acknowledged[index] || received > given || performance.now() > giveUpAt) {
      const what = `${acknowledged[index]} acknowledged, ${given} given, ${received} received`;
      throw new Error(`${contestant.name}, account ${accounts[index].accountId}: ${what}`);
    }
    await pause(200);
  }
}
