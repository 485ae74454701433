import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, register } from 'prom-client';

/**
 * What a process without an API answers to operations: GET /health/live, and GET /metrics for Prometheus (prom-client's own registry).
 * It answers from the same event loop that does the work: a process that hangs does not answer. Errors: when the port is taken.
 */
export async function serveHealth(port: number): Promise<Server> {
  collectDefaultMetrics();
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/health/live') response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"live"}\n');
    else if (path === '/metrics') {
      register.metrics().then(
        (text) => response.writeHead(200, { 'content-type': register.contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, resolve));
  // It must not be what keeps a process from ending.
  server.unref();
  return server;
}
