// Every process that a bench starts ends with it, however it ends.
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
