import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startEventStore } from '#embedded-event-store';
import { connectEventLog, Feed, Ledger, type EventLog } from '#event-store';
import { referencePrefixes } from '#licensing';
import { readSecrets, readSettings, wallClock, type Clock } from '#platform';
import { projections } from '#projections';
import { openReadStore, Pump } from '#read-store';
import { createApi } from '../create-api.js';
import type { ApiParts } from '../parts.js';
import { makeFirstOperator } from '../users/first-operator.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed body. */
  readonly body: any;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The API on stores of its own in a temporary folder, with its projections running: all real, in this process. */
export interface StartedApi {
  readonly app: NestFastifyApplication;
  readonly parts: ApiParts;
  /** A token of the first operator. */
  readonly operator: string;
  call(call: Call): Promise<Answer>;
  signIn(login: string, password: string): Promise<string>;
  /** The event store is gone from now on. */
  loseEventStore(): Promise<void>;
  /** What other processes write is not followed from now on. */
  hearNothing(): Promise<void>;
  /** The projections stop where they are; answers how they go on. */
  holdProjections(): Promise<() => void>;
  stop(): Promise<void>;
}

export const operatorPassword = 'operator of the test';

/** `environment` as for a process. */
export async function startApi(
  environment: Record<string, string> = {},
  clock: Clock = wallClock,
  logged: { write(line: string): void } = process.stdout,
): Promise<StartedApi> {
  const folder = await mkdtemp(join(tmpdir(), 'license-ledger-api-'));
  const settings = readSettings({ OPERATOR_PASSWORD: operatorPassword, LOG_LEVEL: 'silent', ...environment, DATA_DIR: folder });
  const eventStore = await startEventStore({ dataDir: join(folder, 'events') });
  const eventLog = connectEventLog(eventStore.url);
  const readStore = await openReadStore(settings);
  const ledger = new Ledger({ log: eventLog, now: () => clock.nowText() });
  const closing = new AbortController();
  const following = ledger.follow({ after: await eventLog.end(), filter: { streamPrefixes: referencePrefixes }, signal: closing.signal });
  const hearNothing = async (): Promise<void> => {
    closing.abort();
    await following;
  };
  const feed = new Feed(eventLog);
  const log = pino({ level: settings.logLevel }, logged);
  const parts: ApiParts = { settings, secrets: readSecrets(settings), clock, log, eventLog, ledger, feed, readStore };
  let stopping = new AbortController();
  let pumping: Promise<void>;
  const project = (): void => {
    stopping = new AbortController();
    pumping = new Pump({ source: eventLog, store: readStore, projections, logger: log }).run(stopping.signal).catch(() => undefined);
  };
  project();
  const hold = async (): Promise<() => void> => {
    stopping.abort();
    await pumping;
    return project;
  };
  await makeFirstOperator(parts, () => {});
  const app = await createApi(parts);

  const call = callerOf(app);
  const signIn = async (login: string, password: string): Promise<string> => {
    const answer = await call({ method: 'POST', url: '/v1/sessions', body: { login, password } });
    if (answer.status !== 200) throw new Error(`${login} could not sign in: ${JSON.stringify(answer.body)}`);
    return answer.body.accessToken;
  };
  return {
    app,
    parts,
    operator: await signIn(settings.operatorLogin, operatorPassword),
    call,
    signIn,
    loseEventStore: () => eventStore.close(),
    hearNothing,
    holdProjections: hold,
    async stop() {
      await app.close();
      await hold();
      await hearNothing();
      await feed.close();
      await eventLog.close();
      await readStore.close();
      await eventStore.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** How calls are made to an application. */
function callerOf(app: NestFastifyApplication): (call: Call) => Promise<Answer> {
  return async ({ method = 'GET', url, token, headers = {}, body }) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await app.inject({
      method,
      url,
      headers: { ...authorization, ...headers },
      ...(body !== undefined && { payload: body as object }),
    });
    const text = answer.body;
    return {
      status: answer.statusCode,
      headers: answer.headers as never,
      body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
    };
  };
}

/** The API as another process has it: the same stores, reached through a log and a ledger of its own. */
export async function anotherApi(
  { parts }: StartedApi,
  { eventLog, ...options }: { readonly eventLog: EventLog; readonly cacheBytesMax?: number; readonly unknownMsMax?: number },
): Promise<Pick<StartedApi, 'call'> & { close(): Promise<void> }> {
  const ledger = new Ledger({ log: eventLog, now: () => parts.clock.nowText(), ...options });
  const closing = new AbortController();
  const following = ledger.follow({
    after: await parts.eventLog.end(),
    filter: { streamPrefixes: referencePrefixes },
    signal: closing.signal,
  });
  const app = await createApi({ ...parts, eventLog, ledger });
  return {
    call: callerOf(app),
    async close() {
      await app.close();
      closing.abort();
      await following;
    },
  };
}
