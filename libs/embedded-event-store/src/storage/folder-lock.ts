import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unlinkSync } from 'node:fs';

const ANSWER_TIMEOUT_MS = 2000;

/** Another process works on this data folder. */
export class FolderInUseError extends Error {
  override name = 'FolderInUseError';
}

/** The data folder cannot be written to, or something in it. */
export class FolderNotWritableError extends Error {
  override name = 'FolderNotWritableError';
}

/**
 * The sole right to a data folder, as long as this process lives: a socket whose name is made from the folder's identity, held by
 * the kernel, so that not even `kill -9` leaves it behind. Whoever connects to it is told who holds the folder and since when.
 */
export class FolderLock {
  private constructor(private readonly server: Server) {}

  /**
   * Makes the folder if it is not there.
   * @throws {FolderInUseError}
   * @throws {FolderNotWritableError}
   */
  static async acquire(folder: string): Promise<FolderLock> {
    makeWritable(folder);
    const { dev, ino } = statSync(folder, { bigint: true });
    const name = `license-ledger-event-store-${dev}-${ino}`;
    const holder = `process ${process.pid}, since ${new Date().toISOString()}`;
    const server = createServer((socket) => socket.end(holder)).unref();
    // Linux has names that no file stands for; elsewhere a file has to do, which is removed when nobody answers behind it.
    const hasAbstractNames = process.platform === 'linux';
    const path = hasAbstractNames ? `\0${name}` : join(tmpdir(), `${name}.sock`);
    if (!(await listens(server, path))) {
      const answer = await ask(path);
      const isStale = answer === undefined && !hasAbstractNames;
      if (isStale) unlinkSync(path);
      if (!isStale || !(await listens(server, path))) {
        throw new FolderInUseError(
          `${folder} is in use by ${answer ?? 'a process that does not answer'}. Stop that process, or choose another data folder.`,
        );
      }
    }
    return new FolderLock(server);
  }

  async release(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}

// Found out before anything is opened: later it would be an error of some file in some call.
function makeWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const part of [folder, join(folder, 'log'), join(folder, 'index')].filter((path) => existsSync(path))) {
      accessSync(part, constants.R_OK | constants.W_OK | constants.X_OK);
      for (const file of readdirSync(part)) accessSync(join(part, file), constants.R_OK | constants.W_OK);
    }
  } catch (error) {
    const { code, path = folder } = error as NodeJS.ErrnoException;
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code ?? '')) throw error;
    throw new FolderNotWritableError(
      `the data folder ${folder} cannot be used (${code} at ${path}): give this user the right to read and write everything in it, or choose another data folder.`,
      { cause: error },
    );
  }
}

function listens(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    };
    server.once('error', failed);
    server.listen(path, () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}

function ask(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path);
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer === '' ? undefined : answer));
  });
}
