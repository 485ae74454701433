import { serveHealth } from './health-server.js';
import { createLog, type Log } from './log.js';

/** A started process. `stop` answers what is in flight, then lets go of everything. `ready` goes to the supervisor beside `ready: true`. */
export interface Running {
  stop(): Promise<void>;
  readonly ready?: object;
  /** Where it answers /health/live and /metrics, if it has no API that does. */
  readonly healthPort?: number | undefined;
}

/** What a process starts with. The signal is aborted as soon as it is asked to stop, be it in the middle of starting. */
export interface ProcessContext {
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What a process tells its supervisor over IPC. */
export type ProcessMessage = ({ readonly ready: true } & Record<string, unknown>) | { readonly failed: string };

/** Within what a container runtime or the supervisor waits before it kills. */
const stopTimeoutDefaultMilliseconds = 25_000;
/** A terminal's Ctrl-C reaches npm and us, and npm passes its own on: two signals so close together are one wish. */
const sameSignalMilliseconds = 1_000;

/**
 * The frame of every process: start, one orderly stop on SIGINT, SIGTERM or SIGHUP (exit 0), force by a second signal (exit 130).
 * A start that fails says so in one line on stderr (exit 1); an error that nobody handled is logged and ends the process (exit 1): never half dead.
 * Under a supervisor (IPC) it reports readiness, and stops when the supervisor is gone, however that died.
 */
export function runProcess(
  name: string,
  start: (context: ProcessContext) => Promise<Running>,
  stopTimeoutMilliseconds = stopTimeoutDefaultMilliseconds,
): void {
  const log = createLog(name);
  const stopping = new AbortController();
  let stopAskedAt: number | undefined;
  // In the next turn, so that no signal comes before somebody listens.
  const starting = Promise.resolve()
    .then(() => start({ log, signal: stopping.signal }))
    .then(async (running) => {
      if (running.healthPort !== undefined) await serveHealth(running.healthPort);
      return running;
    });

  const fail = (error: unknown): void => {
    log.fatal({ err: error }, 'an unexpected error ends this process');
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  // A reader that went away must not be what ends the process before it has stopped in order.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? undefined : fail(error)));
  }

  const stop = async (why: string): Promise<void> => {
    stopAskedAt = performance.now();
    log.debug(`${why}: stopping`);
    stopping.abort();
    setTimeout(() => {
      log.error(`did not stop within ${stopTimeoutMilliseconds / 1_000} s: ended by force`);
      process.exit(1);
    }, stopTimeoutMilliseconds).unref();
    // A start that fails because it was told to stop is not a failure.
    const running = await starting.catch(() => undefined);
    await running?.stop();
    process.exit(0);
  };
  const askToStop = (why: string): void => {
    if (stopAskedAt === undefined) stop(why).catch(fail);
    else if (performance.now() - stopAskedAt > sameSignalMilliseconds) process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => askToStop(signal));

  if (process.send !== undefined) {
    process.once('disconnect', () => (stopAskedAt === undefined ? askToStop('the supervisor is gone') : undefined));
  }

  if (process.send !== undefined && !process.connected) askToStop('the supervisor is gone');
  starting.then(
    (running) => {
      if (!stopping.signal.aborted) tellSupervisor({ ready: true, ...running.ready });
    },
    (error: unknown) => {
      if (stopping.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      log.debug({ err: error }, 'the start failed');
      process.stderr.write(`${name} could not start: ${reason}\n`);
      tellSupervisor({ failed: reason }, () => process.exit(1));
    },
  );
}

function tellSupervisor(message: ProcessMessage, then: () => void = () => {}): void {
  if (process.send === undefined || !process.connected) then();
  else process.send(message, undefined, undefined, () => then());
}
