import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { eventStoreUrl, makeEventStoreAccess, type Settings } from '#platform';
import type { Program } from './child.js';
import { supervise, type Reports, type Supervised } from './supervise.js';

export interface TreeReports extends Omit<Reports, 'changed'> {
  /** The API's first words, also when another process then cannot start. */
  apiReady(words: Readonly<Record<string, unknown>>): void;
  /** The processes that run now. */
  running(pids: readonly number[]): void;
}

/** All processes, running. */
export interface Tree {
  readonly apiUrl: string;
  readonly eventStoreUrl: string;
  /** Rejects with the reason when one of them failed for good. */
  readonly ended: Promise<unknown>;
  /** The API first, so that commands in flight are answered; then what follows the log; the event store last. */
  stop(): Promise<void>;
}

/** Starts every process in the order of who needs whom. Errors: ChildEnded of the first that could not start; by then all are gone again. */
export async function startTree(
  settings: Settings,
  environment: NodeJS.ProcessEnv,
  reports: TreeReports,
  signal: AbortSignal,
): Promise<Tree> {
  const ports = { api: settings.port, eventStore: settings.eventStorePort };
  const childEnvironment = (): NodeJS.ProcessEnv => ({
    ...environment,
    DATA_DIR: settings.dataDir,
    SANDBOX: String(settings.sandbox),
    // One port, several processes: the API answers for the tree.
    HEALTH_PORT: '',
    PORT: String(ports.api),
    EVENTSTORE_PORT: String(ports.eventStore),
  });
  const program = (name: string, words: () => string[] = () => []): Program => ({
    name,
    entry: fileURLToPath(new URL(`../../${name}/main.js`, import.meta.url)),
    arguments: words,
    environment: childEnvironment,
  });

  const running: Supervised[] = [];
  // After this turn, so that a child that was just forked is in the list.
  const noteRunning = () => queueMicrotask(() => reports.running(running.map((child) => child.pid()).filter((pid) => pid !== undefined)));
  const start = (what: Program): Supervised => {
    const supervised = supervise(what, { ...reports, changed: noteRunning });
    running.push(supervised);
    return supervised;
  };
  const stop = async (): Promise<void> => {
    const named = (...names: string[]) => running.filter(({ name }) => names.includes(name)).map((child) => child.stop());
    await Promise.all(named('api'));
    await Promise.all(named('projector', 'automations'));
    await Promise.all(named('event-store'));
  };

  try {
    if (settings.eventStoreUrl === undefined) {
      // Nobody but who can read the data folder may call the store, though every user of the machine reaches its port.
      const access = await makeEventStoreAccess(settings.dataDir);
      const files = ['--data', join(settings.dataDir, 'events'), '--certificate', access.certificateFile, '--key', access.keyFile];
      const eventStore = start({
        ...program('event-store', () => ['--port', String(ports.eventStore), ...files]),
        // The command line is for every user to see, the environment is not.
        environment: () => ({ ...childEnvironment(), EVENTSTORE_USER: access.user, EVENTSTORE_PASSWORD: access.password }),
      });
      // A restart must come back where the others look for it, also when any free port was asked for.
      ports.eventStore = Number((await unlessStopped(eventStore.ready, signal))['port']);
    }
    const [api, ...others] = ['api', 'projector', 'automations'].map((name) => start(program(name)));
    const apiReady = api!.ready.then((words) => {
      ports.api = Number(words['port'] ?? ports.api);
      reports.apiReady(words);
    });
    await unlessStopped(Promise.all([apiReady, ...others.map(({ ready }) => ready)]), signal);
    return {
      apiUrl: `http://${urlHost(settings.host)}:${ports.api}`,
      eventStoreUrl: eventStoreUrl({ ...settings, eventStorePort: ports.eventStore }),
      ended: Promise.race(running.map((child) => child.ended)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function unlessStopped<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stopped = () => reject(signal.reason);
    if (signal.aborted) return stopped();
    signal.addEventListener('abort', stopped, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stopped));
  });
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
