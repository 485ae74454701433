import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Observable } from 'rxjs';
import type { ProcessMessage } from '#platform';

/** A process of the tree: what is forked, and with what. `environment` and `arguments` are asked anew at every start. */
export interface Program {
  readonly name: string;
  readonly entry: string;
  readonly arguments: () => readonly string[];
  readonly environment: () => NodeJS.ProcessEnv;
}

export type ChildNews =
  | { readonly kind: 'spawned'; readonly child: ChildProcess }
  | { readonly kind: 'line'; readonly text: string; readonly stream: 'stdout' | 'stderr' }
  | { readonly kind: 'ready'; readonly ready: Readonly<Record<string, unknown>> };

/** A child ended. `wasReady` tells a start that failed from a life that was cut short; `reason` is what the child itself said. */
export class ChildEnded extends Error {
  constructor(
    readonly program: string,
    readonly exitCode: number | null,
    readonly signal: NodeJS.Signals | null,
    readonly wasReady: boolean,
    readonly reason: string | undefined,
  ) {
    super(`${program} ended ${signal ? `by ${signal}` : `with exit code ${exitCode ?? 'unknown'}`}${reason ? `: ${reason}` : ''}`);
    this.name = 'ChildEnded';
  }
}

/**
 * MiB of each half of the heap's space for what lives shortly. Events are many short-lived objects: with V8's 16 a fifth of the time went into
 * collecting them (docs/decisions/075-more-room-for-what-lives-shortly.md).
 */
const youngSpace = '--max-semi-space-size=32';

/**
 * One life of a child: it is forked on subscription, tells its news, and errors with ChildEnded when it is gone, for whatever reason.
 * In a session of its own (detached), so that a terminal's Ctrl-C reaches the supervisor only and the order of stopping is kept;
 * its end of the IPC channel closes when the supervisor dies, and then it stops by itself.
 */
export function oneLife(program: Program): Observable<ChildNews> {
  return new Observable<ChildNews>((subscriber) => {
    const child = fork(program.entry, program.arguments(), {
      env: program.environment(),
      execArgv: [...process.execArgv, youngSpace],
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    subscriber.next({ kind: 'spawned', child });
    let wasReady = false;
    let reason: string | undefined;
    let firstWords: string | undefined;
    for (const stream of ['stdout', 'stderr'] as const) {
      createInterface({ input: child[stream]!, crlfDelay: Infinity }).on('line', (text) => {
        if (stream === 'stderr' && text.trim() !== '') firstWords ??= text;
        // Of the many lines of a crash, the one that names the error.
        if (stream === 'stderr' && /^[A-Z]\w*Error\b.*: /.test(text)) reason ??= text;
        subscriber.next({ kind: 'line', text, stream });
      });
    }
    child.on('message', (message: ProcessMessage) => {
      if ('failed' in message && message.failed) reason = String(message.failed);
      else if ('ready' in message && message.ready) {
        wasReady = true;
        reason = firstWords = undefined;
        subscriber.next({ kind: 'ready', ready: message });
      }
    });
    child.on('error', (error) => {
      reason ??= error.message;
      // It could not even be forked: nothing will close.
      if (child.pid === undefined) subscriber.error(new ChildEnded(program.name, null, null, wasReady, reason));
    });
    // 'close' comes after 'exit' and after the last line of output was read.
    child.on('close', (exitCode, signal) =>
      subscriber.error(new ChildEnded(program.name, exitCode, signal, wasReady, reason ?? firstWords)),
    );
  });
}
