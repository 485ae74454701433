// The load: one process that sends requests over HTTP/1.1 and takes the answers apart no further than it must: some 16 to 20 µs of CPU time a
// request, because it shares the machine with what it measures. It counts answers by request, and ends when all that was sent is answered.
// Closed loop: each connection sends its next request when the last is answered. With `perSecond` open loop: requests are due on a schedule,
// and a request that has to wait for a free connection has waited since it was due.
import { connect } from 'node:net';

process.on('message', (task) => {
  run(task).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.message }),
  );
});

async function run({ port, host, connections, milliseconds, requests, cumulative, perSecond }) {
  const bytes = requests.map((request) => requestBytes(request, host, port));
  const answered = requests.map(() => 0);
  const latencies = [];
  const refused = {};
  let last = 0n;
  let next = 0;
  const choose = cumulative ? () => bisect(cumulative, Math.random() * cumulative.at(-1)) : () => next++ % requests.length;

  const startedAt = performance.now();
  const endsAt = startedAt + milliseconds;
  const cpuBefore = process.cpuUsage();
  let inTime = 0;
  let sent = 0;

  const record = (index, dueAt, status, head, body) => {
    const now = performance.now();
    if (status === 201) {
      answered[index]++;
      const position = BigInt(headerOf(head, 'ledger-position') ?? 0);
      if (position > last) last = position;
    } else {
      refused[status] = (refused[status] ?? 0) + 1;
      refused.example ??= body;
    }
    if (now > endsAt) return;
    inTime++;
    latencies.push(now - dueAt);
  };

  const idle = [];
  const due = [];
  const one = () =>
    new Promise((resolve, reject) => {
      const connection = new Connection(port, host, reject);
      const go = () => {
        if (perSecond) {
          const dueAt = due.shift();
          if (dueAt !== undefined) return send(dueAt);
          if (performance.now() >= endsAt) return finish();
          idle.push(go);
        } else if (performance.now() < endsAt) send(performance.now());
        else finish();
      };
      const send = (dueAt) => {
        const index = choose();
        sent++;
        connection.send(bytes[index], (status, head, body) => {
          record(index, dueAt, status, head, body);
          go();
        });
      };
      const finish = () => {
        connection.end();
        resolve();
      };
      connection.ready.then(go, reject);
    });

  if (perSecond) {
    let scheduled = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      const upTo = Math.floor(((Math.min(now, endsAt) - startedAt) * perSecond) / 1_000);
      for (; scheduled < upTo; scheduled++) {
        due.push(startedAt + (scheduled * 1_000) / perSecond);
        // In turn, so that none is idle for so long that the server closes it.
        idle.shift()?.();
      }
      if (now < endsAt) return;
      clearInterval(timer);
      for (const go of idle.splice(0)) go();
    }, 1);
  }
  await Promise.all(Array.from({ length: connections }, one));

  const { user, system } = process.cpuUsage(cpuBefore);
  latencies.sort((one, other) => one - other);
  const at = (share) => latencies[Math.min(Math.floor(share * latencies.length), latencies.length - 1)];
  const { example, ...byStatus } = refused;
  return {
    perSecond: (inTime * 1_000) / milliseconds,
    p50: at(0.5),
    p99: at(0.99),
    max: latencies.at(-1),
    sent,
    acknowledged: answered.reduce((sum, count) => sum + count, 0),
    answered,
    refused: byStatus,
    refusal: example,
    position: last.toString(),
    seconds: (performance.now() - startedAt) / 1_000,
    loadCpuMicroseconds: (user + system) / Math.max(sent, 1),
  };
}

/** One connection, one request at a time. */
class Connection {
  #socket;
  #received = '';
  #answer;

  constructor(port, host, onError) {
    this.#socket = connect({ port, host, noDelay: true });
    this.ready = new Promise((resolve) => this.#socket.once('connect', resolve));
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text) => this.#take(text));
    this.#socket.on('error', onError);
    this.#socket.on('close', () => this.#answer && onError(new Error('the server closed a connection before it had answered')));
  }

  send(bytes, answer) {
    this.#answer = answer;
    this.#socket.write(bytes);
  }

  end() {
    this.#socket.end();
  }

  #take(text) {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const end = headEnd + 4 + Number(headerOf(head, 'content-length') ?? 0);
    if (this.#received.length < end) return;
    const body = this.#received.slice(headEnd + 4, end);
    this.#received = this.#received.slice(end);
    const answer = this.#answer;
    this.#answer = undefined;
    answer(Number(head.slice(9, 12)), head, body);
  }
}

function headerOf(head, name) {
  const at = head.indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const start = at + name.length + 4;
  const end = head.indexOf('\r\n', start);
  return head.slice(start, end < 0 ? undefined : end);
}

function requestBytes({ method, path, token, body = '' }, host, port) {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}:${port}`,
    `authorization: Bearer ${token}`,
    ...(body === '' ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`]),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** The first place whose value is greater. */
function bisect(ascending, value) {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
