// Every process that a bench starts ends with it, however it ends.
import { once } from 'node:events';

const children = new Map();
process.on('exit', () => {
  for (const [child, signal] of children) child.kill(signal);
});

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
