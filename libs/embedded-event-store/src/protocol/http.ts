import type { RequestListener } from 'node:http';
import { SERVER_VERSION } from './service.js';

/** What the port answers over plain HTTP/1.1: whether the store is alive, and what it is. */
export function httpListener(): RequestListener {
  return (request, response) => {
    const [path] = (request.url ?? '/').split('?');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const answerJson = (body: object): void => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    };
    if (!isRead) response.writeHead(404).end();
    else if (path === '/health/live') response.writeHead(204).end();
    else if (path === '/ping') answerJson({ text: 'Ping request successfully handled' });
    else if (path === '/info') {
      const features = { projections: false, userManagement: false, atomPub: false };
      answerJson({ esVersion: SERVER_VERSION, state: 'leader', features, authentication: { type: 'insecure', properties: null } });
    } else response.writeHead(404).end();
  };
}
