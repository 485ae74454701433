import type { ChildProcess } from 'node:child_process';
import { BehaviorSubject, filter, mergeMap, race, retry, tap, throwError, timer } from 'rxjs';
import { ChildEnded, oneLife, type ChildNews, type Program } from './child.js';

const firstDelayMilliseconds = 100;
const longestDelayMilliseconds = 5_000;
/** So many deaths of its own fault within this time mean that another start will not help. */
const failuresMax = 5;
const failureWindowMilliseconds = 60_000;
/** Longer than a process takes by itself before it gives up stopping in order. */
const killAfterMilliseconds = 30_000;

export interface Supervised {
  readonly name: string;
  /** What it said when it was ready for the first time. Errors: ChildEnded, when it never was. */
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  /** Settles when it was stopped; rejects with the reason when it failed for good. */
  readonly ended: Promise<void>;
  /** The process now running; undefined between two lives. */
  pid(): number | undefined;
  /** Asks it to stop and waits until it is gone, by force if need be. */
  stop(): Promise<void>;
}

/** What the supervisor reports about a child, for people and for the lock file. */
export interface Reports {
  line(program: string, text: string, stream: 'stdout' | 'stderr'): void;
  say(text: string): void;
  changed(): void;
}

/**
 * Keeps one program running: whenever it dies it is started again, at once the first time, then with growing delays.
 * Gives up, by rejecting `ended`, when its first start fails or when it keeps failing by its own fault; a process that was
 * killed from outside while it was well is not at fault.
 */
export function supervise(program: Program, reports: Reports): Supervised {
  const stopAsked = new BehaviorSubject(false);
  let current: ChildProcess | undefined;
  let everReady = false;
  let failuresAt: number[] = [];
  let startsInVain = 0;
  const ready = deferred<Readonly<Record<string, unknown>>>();
  const ended = deferred<void>();

  const take = (news: ChildNews): void => {
    if (news.kind === 'line') reports.line(program.name, news.text, news.stream);
    else if (news.kind === 'spawned') {
      current = news.child;
      reports.changed();
      if (stopAsked.value) current.kill('SIGTERM');
    } else {
      if (everReady) reports.say(`${program.name} is back`);
      everReady = true;
      startsInVain = 0;
      ready.resolve(news.ready);
    }
  };

  const afterDeath = (death: unknown) => {
    current = undefined;
    reports.changed();
    if (!(death instanceof ChildEnded) || stopAsked.value || !everReady) return throwError(() => death);
    const now = performance.now();
    const ownFault = !death.wasReady || !isAskedFromOutside(death);
    failuresAt = failuresAt.filter((at) => now - at < failureWindowMilliseconds);
    if (ownFault) failuresAt.push(now);
    if (failuresAt.length >= failuresMax) return throwError(() => death);
    const delay = Math.min(firstDelayMilliseconds * 2 ** startsInVain++, longestDelayMilliseconds);
    reports.say(`${death.message}; starting it again in ${delay / 1_000} s`);
    return race(
      timer(delay),
      stopAsked.pipe(
        filter(Boolean),
        mergeMap(() => throwError(() => death)),
      ),
    );
  };

  oneLife(program)
    .pipe(tap(take), retry({ delay: afterDeath }))
    .subscribe({
      error: (death: unknown) => {
        ready.reject(death);
        if (stopAsked.value) ended.resolve();
        else ended.reject(death);
      },
    });

  const stop = async (): Promise<void> => {
    stopAsked.next(true);
    current?.kill('SIGTERM');
    const killer = setTimeout(() => {
      reports.say(`${program.name} did not stop in time: it is ended by force`);
      current?.kill('SIGKILL');
    }, killAfterMilliseconds);
    await ended.promise.catch(() => {});
    clearTimeout(killer);
  };

  return { name: program.name, ready: ready.promise, ended: ended.promise, pid: () => current?.pid, stop };
}

/** Killed or told to stop by somebody; a crash comes as another exit code or as a signal like SIGSEGV. */
function isAskedFromOutside({ exitCode, signal }: ChildEnded): boolean {
  return exitCode === 0 || ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'].includes(signal ?? '');
}

function deferred<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<Value>((yes, no) => ([resolve, reject] = [yes, no]));
  // It is looked at later than it may reject.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
