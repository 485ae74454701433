import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { startApi } from '../testing/started-api.js';
import { newPartner, newProduct } from '../testing/tenants.js';

describe('an application that closes', () => {
  it('answers what is in flight, then takes no more', async () => {
    const closing = await startApi();
    const registered = await newPartner(closing);
    await newProduct(closing, 'A');
    await closing.app.listen(0, '127.0.0.1');
    const { port } = closing.app.getHttpServer().address() as { port: number };
    const body = JSON.stringify({ orderId: 'PO-1', lines: [{ sku: 'A', quantity: 1 }] });
    const head = [
      `POST /v1/pools/${registered.id}/purchases HTTP/1.1`,
      'host: x',
      `authorization: Bearer ${closing.operator}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
      '',
      '',
    ];
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    const taken = once(closing.app.getHttpServer(), 'request');
    socket.write(head.join('\r\n'));
    await taken;
    const stopped = closing.stop();
    socket.write(body);
    await once(socket, 'close');
    await stopped;
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
  });

  it('ends event streams, which would never end by themselves', async () => {
    const api = await startApi();
    await api.app.listen(0, '127.0.0.1');
    const { port } = api.app.getHttpServer().address() as { port: number };
    const asked = request({ port, path: '/v1/events/stream', headers: { authorization: `Bearer ${api.operator}` } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const ended = once(answer.resume(), 'end');
    await api.stop();
    await ended;
  });
});
