import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { AppendUnknown, LogUnavailable } from '../event-log.js';
import type { EventLog } from '../event-log.js';

/** The same log, where chosen appends end without an answer: `lost` after it was written, `dropped` before. */
export function withoutAnswers(log: EventLog, fate: (stream: string) => 'answered' | 'lost' | 'dropped'): EventLog {
  return {
    append: async (stream, events, expectedRevision) => {
      const chosen = fate(stream);
      if (chosen === 'dropped') throw new AppendUnknown(stream, 'dropped');
      const appended = await log.append(stream, events, expectedRevision);
      if (chosen === 'lost') throw new AppendUnknown(stream, 'lost');
      return appended;
    },
    readStream: (stream, range) => log.readStream(stream, range),
    readAll: (options) => log.readAll(options),
    follow: (options) => log.follow(options),
    end: () => log.end(),
    close: () => log.close(),
  };
}

/** The log of a process that can die: from then on nothing that it asks is answered. */
export interface DyingLog extends EventLog {
  /** It dies when so many appends more have been written, before it hears of the last. */
  dieAfter(appends: number): void;
  /** As a process that has been started again. Answers whether it had died. */
  revive(): boolean;
}

export function dyingLog(log: EventLog): DyingLog {
  let left = Infinity;
  const live = (): void => {
    if (left === 0) throw new LogUnavailable('the process is gone');
  };
  return {
    dieAfter(appends) {
      left = appends;
    },
    revive() {
      const hadDied = left === 0;
      left = Infinity;
      return hadDied;
    },
    async append(...given) {
      live();
      const appended = await log.append(...given);
      left -= 1;
      live();
      return appended;
    },
    async *readStream(...given) {
      live();
      for await (const event of log.readStream(...given)) {
        live();
        yield event;
      }
    },
    readAll: (options) => log.readAll(options),
    follow: (options) => log.follow(options),
    end: () => log.end(),
    close: () => log.close(),
  };
}

/** A wire to the store that can be cut: connections break, or answers stop coming while requests still go through. */
export interface Wire {
  readonly url: string;
  /** Answers are thrown away from now on; what is sent still arrives. */
  deafen(): void;
  /** All connections break; new ones work. */
  cut(): void;
  close(): Promise<void>;
}

export async function startWire(url: string): Promise<Wire> {
  const { hostname, port, search } = new URL(url);
  const pairs = new Set<{ near: Socket; far: Socket; deaf: boolean }>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = { near, far, deaf: false };
    pairs.add(pair);
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => pair.deaf || near.write(chunk));
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    for (const socket of [near, far]) socket.on('close', end).on('error', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    url: `esdb://127.0.0.1:${(server.address() as AddressInfo).port}${search}`,
    deafen: () => {
      for (const pair of pairs) pair.deaf = true;
    },
    cut,
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
