import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Caller } from './caller.js';
import { until } from './until.js';

/** The built ledger as a person or an init system has it: nothing but a data folder, signals, and what it prints. */
export class LaunchedLedger {
  private text = '';
  private readonly gone: Promise<unknown>;

  private constructor(
    readonly folder: string,
    private readonly child: ReturnType<typeof spawn>,
  ) {
    for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => (this.text += text));
    this.gone = once(child, 'close');
  }

  /** Starts it on free ports; does not wait. */
  static launch(folder: string, environment: Record<string, string> = {}, words: readonly string[] = []): LaunchedLedger {
    const { OPERATOR_PASSWORD: _, EVENTSTORE_URL: __, REDIS_URL: ___, SANDBOX: ____, ...inherited } = process.env;
    const child = spawn(process.execPath, ['dist/apps/ledger/main.js', ...words], {
      env: { ...inherited, DATA_DIR: folder, PORT: '0', EVENTSTORE_PORT: '0', LOG_LEVEL: 'warn', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new LaunchedLedger(folder, child);
  }

  /** Starts it and waits until it runs. Errors: what it printed, when it ended instead. */
  static async start(folder: string, environment: Record<string, string> = {}, words: readonly string[] = []): Promise<LaunchedLedger> {
    const ledger = LaunchedLedger.launch(folder, environment, words);
    await until(() => ledger.text.includes('is running.') || ledger.child.exitCode !== null);
    if (ledger.child.exitCode !== null) throw new Error(`the ledger did not start:\n${ledger.text}`);
    return ledger;
  }

  get pid(): number {
    return this.child.pid!;
  }

  get printed(): string {
    return this.text;
  }

  /** The one line of a start that was refused. */
  get lastLine(): string {
    return this.text.trimEnd().split('\n').at(-1) ?? '';
  }

  get address(): { readonly pid: number; readonly apiUrl: string; readonly eventStoreUrl: string } {
    return JSON.parse(readFileSync(join(this.folder, 'ledger.json'), 'utf8'));
  }

  get hasAddress(): boolean {
    return existsSync(join(this.folder, 'ledger.json'));
  }

  get caller(): Caller {
    return new Caller(this.address.apiUrl);
  }

  /** The password it printed; undefined when it printed none. */
  get printedPassword(): string | undefined {
    return /login operator, password (\S{12,})\n/.exec(this.text)?.[1];
  }

  /** The processes under it, by name. */
  get processes(): Map<string, number> {
    return new Map(
      childrenOf(this.pid).flatMap((pid): [string, number][] => {
        const name = /apps\/([a-z-]+)\/main\.js/.exec(read(`/proc/${pid}/cmdline`) ?? '')?.[1];
        return name === undefined ? [] : [[name, pid]];
      }),
    );
  }

  /** Errors: Error when there is no such process at the moment, so that a blow into the air is not taken for one that hit. */
  kill(name: string): void {
    const pid = this.processes.get(name);
    if (pid === undefined) throw new Error(`${name} is not running, only ${[...this.processes.keys()].join(', ')}`);
    process.kill(pid, 'SIGKILL');
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits for its end; resolves with the exit code. */
  async ended(): Promise<number | null> {
    await this.gone;
    return this.child.exitCode;
  }

  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    return this.ended();
  }
}

/** A folder under the system's own for such things; `remove` takes it away again. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ledger-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

export function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== undefined && stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

function childrenOf(pid: number): number[] {
  return (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replaceAll('\0', ' ');
  } catch {
    return undefined;
  }
}
