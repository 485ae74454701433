// Says what is going on, on stderr, so that a table on stdout can be piped away. Work that takes long moves a bar where somebody looks.
import { SingleBar } from 'cli-progress';

export function say(text) {
  process.stderr.write(`  ${text}\n`);
}

/** Answers a function that hears how much is done; `total` ends it. Without a terminal it says nothing until the end. */
export function progress(what, total, end = (seconds) => `${what}: ${total.toLocaleString('en')} in ${seconds} s`) {
  const startedAt = performance.now();
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: `  ${what} {bar} {value} of {total}, {eta_formatted} left`, stream: process.stderr, clearOnComplete: true })
    : undefined;
  bar?.start(total, 0);
  return (done) => {
    bar?.update(done);
    if (done < total) return;
    bar?.stop();
    say(end(((performance.now() - startedAt) / 1_000).toFixed(1)));
  };
}
