import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient } from '@eventstore/db-client';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const MAIN = `${ROOT}/dist/apps/event-store/main.js`;
const SHIM = fileURLToPath(new URL('sync-shim.mjs', import.meta.url));

/** A store in a process of its own, as it is shipped. */
export interface ServerProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly client: EventStoreDBClient;
  /** What it wrote so far. */
  output(): string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Ends it by a signal, SIGTERM by default, and resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts a store on a folder and resolves when it takes calls. `fileBytesMax` is a limit on what any file of it may grow to. */
export async function startServer(
  dataDir: string,
  options: { env?: NodeJS.ProcessEnv; fileBytesMax?: number; args?: string[]; port?: number } = {},
): Promise<ServerProcess> {
  const node = [process.execPath, ...(options.env === undefined ? [] : ['--import', SHIM]), MAIN];
  node.push('--port', String(options.port ?? 0), '--data', dataDir, ...(options.args ?? []));
  const limited = options.fileBytesMax === undefined ? [] : ['prlimit', `--fsize=${options.fileBytesMax}:unlimited`];
  const [command, ...args] = [...limited, ...node] as [string, ...string[]];
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
  });
  let output = '';
  child.stdout!.on('data', (chunk) => (output += String(chunk)));
  child.stderr!.on('data', (chunk) => (output += String(chunk)));
  const ended = new Promise<number | string>((resolve) => child.on('close', (code, signal) => resolve(signal ?? code ?? -1)));
  const port = await new Promise<number>((resolve, reject) => {
    child.on('message', (message: { ready?: boolean; port?: number }) => (message.ready === true ? resolve(message.port!) : undefined));
    ended.then((code) => reject(new Error(`the store ended with ${code}: ${output}`)), reject);
  });
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
    child.kill(signal);
    const code = await ended;
    await client.dispose();
    return code;
  };
  return { child, port, client, output: () => output, ended, stop };
}
