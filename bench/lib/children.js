// Every process that a bench starts ends with it, however it ends.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const children = new Map();
process.on('exit', () => {
  for (const [child, signal] of children) child.kill(signal);
});

const patienceMilliseconds = 15_000;

/** Ends all that still run, and waits until they are gone. */
export async function endChildren() {
  const ends = [...children].map(([child, signal]) => {
    const gone = once(child, 'exit');
    child.kill(signal);
    return gone;
  });
  await Promise.race([Promise.all(ends), pause(patienceMilliseconds)]);
}

/** By force, unless it has children of its own to end and takes a signal for that. */
export function endWithUs(child, signal = 'SIGKILL') {
  children.set(child, signal);
  child.once('exit', () => children.delete(child));
  return child;
}

/** The first message a child sends. Errors: that it ended without one. */
export async function firstWord(child, name) {
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${name} ended at once (${signal ?? code})`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  // It may end later as it likes.
  ended.catch(() => {});
  return message;
}
