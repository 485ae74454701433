import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openApiDocument } from './openapi.js';

/** The page's own scripts and styles, and nothing from anywhere else. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'",
  'cache-control': 'public, max-age=300',
};

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>License Ledger API</title>
    <link rel="icon" href="/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="page"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/page.js"></script>
  </body>
</html>
`;

const pageScript = `SwaggerUIBundle({
  url: '/v1/openapi.json',
  dom_id: '#page',
  deepLinking: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
`;

const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** `/v1/openapi.json`, and a page at `/docs` that needs nothing from the internet. The document is made when somebody first asks for it. */
export function serveDocs(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  let document: string | undefined;
  fastify.get('/v1/openapi.json', async (_request, reply) => {
    document ??= JSON.stringify(openApiDocument(app));
    return reply.header('cache-control', 'public, max-age=300').type('application/json; charset=utf-8').send(document);
  });
  fastify.get('/docs', async (_request, reply) => sendPart(reply, 'text/html; charset=utf-8', page));
  fastify.get('/docs/page.js', async (_request, reply) => sendPart(reply, 'text/javascript; charset=utf-8', pageScript));
  for (const [file, mediaType] of Object.entries(files))
    fastify.get(`/docs/${file}`, async (_request, reply) => sendPart(reply, mediaType, await readFile(join(folder, file))));
}

function sendPart(reply: FastifyReply, mediaType: string, content: string | Buffer) {
  return reply.headers(pageHeaders).type(mediaType).send(content);
}
