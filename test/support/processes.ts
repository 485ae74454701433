import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One of the product's processes, as built: `npm test` brings the build up to date first. */
export interface RunningProcess {
  readonly child: ChildProcess;
  /** What it said when it was ready, such as its port. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Everything it wrote so far. */
  output(): string;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Ends it as a person would; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `dist/apps/<name>/main.js` and waits until it says that it is ready. Errors: what it wrote, when it ends before. */
export async function startProcess(name: string, words: readonly string[], environment: Record<string, string>): Promise<RunningProcess> {
  const entry = fileURLToPath(new URL(`../../dist/apps/${name}/main.js`, import.meta.url));
  const child = fork(entry, [...words], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    // Jest's own flags are none of its business.
    execArgv: [],
    silent: true,
  });
  let output = '';
  child.stdout!.on('data', (chunk) => (output += chunk));
  child.stderr!.on('data', (chunk) => (output += chunk));
  const gone = once(child, 'exit');
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    child.on('message', (message: Record<string, unknown>) => message['ready'] === true && resolve(message));
    child.once('exit', (code, signal) => reject(new Error(`${name} ended (${signal ?? code}) before it was ready:\n${output}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await gone;
    }
    return child.exitCode;
  };
  return { child, ready, output: () => output, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') };
}
