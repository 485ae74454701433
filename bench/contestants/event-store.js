// The embedded event store alone, on a folder.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { built } from './ledger.js';
import { nodeFlags } from './scene.js';
import { endWithUs, firstWord } from '../lib/children.js';

export async function startEventStore(folder) {
  const startedAt = performance.now();
  const child = endWithUs(
    fork(built('event-store'), ['--port', '0', '--data', folder], { execArgv: nodeFlags, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  );
  const gone = once(child, 'exit');
  const { port, failed } = await firstWord(child, 'the event store');
  if (port === undefined) throw new Error(`the event store did not start: ${failed}`);
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    pid: child.pid,
    startMilliseconds: performance.now() - startedAt,
    /** SIGTERM, or SIGKILL to see what survives. Answers how many milliseconds it took. */
    async stop(signal = 'SIGTERM') {
      const askedAt = performance.now();
      child.kill(signal);
      await gone;
      return performance.now() - askedAt;
    },
  };
}
