import type { FastifyInstance } from 'fastify';

/** A connection that is answered while the server closes is not kept: closing would wait for it until it times out. */
export function letConnectionsGo(fastify: FastifyInstance): void {
  let isClosing = false;
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done(null, payload);
  });
}
