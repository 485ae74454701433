import { randomUUID } from 'node:crypto';

/** An answer over HTTP. `body` is any JSON: tests say what they expect of it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
  /** Ledger-Position: what `atLeast` of a later read is given. */
  readonly position: string | undefined;
}

type Extra = { readonly headers?: Record<string, string>; readonly signal?: AbortSignal };

/** Somebody who calls the API; without a token, a stranger. */
export class Caller {
  constructor(
    readonly url: string,
    readonly token?: string,
  ) {}

  /** The same API, signed in. */
  async signIn(login: string, password: string): Promise<Caller> {
    const { status, body } = await this.post('/v1/sessions', { login, password });
    if (status !== 200) throw new Error(`${login} could not sign in: ${status} ${JSON.stringify(body)}`);
    return new Caller(this.url, body.accessToken);
  }

  get(path: string, query: Record<string, string | number | undefined> = {}): Promise<Answer> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined) as [string, string][];
    const text = new URLSearchParams(given).toString();
    return this.call('GET', text === '' ? path : `${path}?${text}`);
  }

  post(path: string, body?: unknown, extra: Extra = {}): Promise<Answer> {
    return this.call('POST', path, body, extra);
  }

  put(path: string, body?: unknown, extra: Extra = {}): Promise<Answer> {
    return this.call('PUT', path, body, extra);
  }

  patch(path: string, body?: unknown, extra: Extra = {}): Promise<Answer> {
    return this.call('PATCH', path, body, { headers: { 'content-type': 'application/merge-patch+json', ...extra.headers } });
  }

  delete(path: string, body?: unknown, extra: Extra = {}): Promise<Answer> {
    return this.call('DELETE', path, body, extra);
  }

  /** `body` is sent as JSON, a text or bytes as they are. */
  async call(method: string, path: string, body?: unknown, { headers = {}, signal }: Extra = {}): Promise<Answer> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(signal && { signal }),
      headers: {
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : isRaw ? (body as string) : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: isJson(response.headers) ? JSON.parse(text) : text,
      position: response.headers.get('ledger-position') ?? undefined,
    };
  }
}

function isJson(headers: Headers): boolean {
  return /\bjson\b/.test(headers.get('content-type') ?? '');
}

/** What must not be the same in two runs on one event store: logins, codes, store accounts. */
export function uniqueIn(run: string): (text: string) => string {
  return (text) => `${text}-${run}`;
}

export const newRun = (): string => randomUUID().slice(0, 8);
