/** Somebody who calls the API and lets the teller say so. */
export class Caller {
  constructor(url, teller, who, token) {
    Object.assign(this, { url, teller, who, token });
  }

  as(who, token) {
    return new Caller(this.url, this.teller, who, token);
  }

  async signIn(who, login, password) {
    const { body } = await this.quietly('POST', '/v1/sessions', { login, password });
    return this.as(who, body.accessToken);
  }

  get = (path, query) => this.#told('GET', withQuery(path, query));
  put = (path, body, headers) => this.#told('PUT', path, body, headers);
  post = (path, body, headers) => this.#told('POST', path, body, headers);
  delete = (path, body) => this.#told('DELETE', path, body);

  /** A call that is expected to be refused. */
  refused = (method, path, body) => this.#told(method, path, body, undefined, 'refused');

  /** Without a line of its own. Errors: when it is refused. */
  async quietly(method, path, body, headers) {
    const answer = await this.#call(method, path, body, headers);
    if (answer.status >= 400) throw new Error(`${method} ${path} was refused: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }

  async #told(method, path, body, headers, expected = 'done') {
    const answer = await this.#call(method, path, body, headers);
    this.teller.call(this.who, method, decodeURIComponent(path), body, answer);
    if (answer.status >= 400 !== (expected === 'refused'))
      throw new Error(`${method} ${path} was expected to be ${expected}, and was answered ${answer.status}`);
    return answer;
  }

  async #call(method, path, body, headers = {}) {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      position: response.headers.get('ledger-position') ?? undefined,
      replayed: response.headers.get('idempotent-replayed') === 'true',
    };
  }
}

function withQuery(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
