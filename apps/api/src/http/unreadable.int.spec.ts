import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startApi, type StartedApi } from '../testing/started-api.js';

let api: StartedApi;
let port: number;
beforeAll(async () => {
  api = await startApi();
  await api.app.listen(0, '127.0.0.1');
  ({ port } = api.app.getHttpServer().address() as { port: number });
});
afterAll(() => api.stop());

/** What comes back for some bytes until the connection is closed. */
async function answerTo(text: string): Promise<{ status: number; head: string; body: any }> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (chunk: string) => (answer += chunk)).on('error', () => undefined);
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  socket.write(text);
  await closed;
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body: JSON.parse(body) };
}

const post = (headers: string, body = '') =>
  `POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}\r\n\r\n${body}`;

it.each([
  ['no HTTP at all', 'HELLO\r\n\r\n', 400, 'INVALID_REQUEST'],
  ['another version', 'GET / HTTP/9.9\r\nhost: x\r\n\r\n', 400, 'INVALID_REQUEST'],
  ['a header with a control character', 'GET /v1/me HTTP/1.1\r\nhost: x\r\nx-a: a\0b\r\n\r\n', 400, 'INVALID_REQUEST'],
  ['a folded correlation id', 'GET /v1/me HTTP/1.1\r\nhost: x\r\nx-correlation-id: a\r\n b\r\n\r\n', 400, 'INVALID_REQUEST'],
  ['two lengths', post('content-length: 2\r\ncontent-length: 3', '{}'), 400, 'INVALID_REQUEST'],
  ['a length and chunks', post('content-length: 2\r\ntransfer-encoding: chunked', '0\r\n\r\n'), 400, 'INVALID_REQUEST'],
  ['a chunk without a length', post('transfer-encoding: chunked', 'ZZ\r\n'), 400, 'INVALID_REQUEST'],
  ['headers without an end', `GET /v1/me HTTP/1.1\r\nhost: x\r\nx-a: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ['an address without an end', `GET /v1/${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ['a body that says that it is too large', post('content-length: 99999999999', '{}'), 413, 'BODY_TOO_LARGE'],
])('refuses %s as it refuses everything else, and lets the connection go', async (_, text, status, code) => {
  const answer = await answerTo(text);
  expect(answer).toMatchObject({ status, body: { status, code, correlationId: expect.any(String) } });
  expect(answer.head).toContain('content-type: application/problem+json');
  expect(answer.head).toContain(`x-correlation-id: ${answer.body.correlationId}`);
  expect(answer.head).toContain("content-security-policy: default-src 'none'");
});

it('takes no body in another encoding than its own', async () => {
  const answer = await api.app.inject({
    method: 'POST',
    url: '/v1/sessions',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    payload: gzipSync('{"login":"a","password":"b"}'),
  });
  expect([answer.statusCode, answer.json().code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
});
