import type { RequestListener } from 'node:http';
import { SERVER_VERSION } from './service.js';

/** What the port answers over plain HTTP/1.1: whether the store is alive, and what it is. */
export function httpListener(address: { host: string; port: number }): RequestListener {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://${address.host}:${address.port}`);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && pathname === '/health/live') {
      response.writeHead(Number(searchParams.get('liveCode')) || 204).end();
    } else if (isRead && pathname === '/ping') {
      answerJson({ text: 'Ping request successfully handled' });
    } else if (isRead && pathname === '/info') {
      answerJson({
        dbVersion: SERVER_VERSION,
        esVersion: SERVER_VERSION,
        state: 'leader',
        features: {},
        authentication: { type: 'insecure', properties: {} },
      });
    } else response.writeHead(404).end();

    function answerJson(body: object): void {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    }
  };
}
