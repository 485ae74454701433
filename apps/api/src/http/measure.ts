import type { FastifyInstance } from 'fastify';
import type { Log, Metrics } from '#platform';
import type { ApiRequest } from './request.js';

/** Counts and times every request by its route, never by its path: paths have no end, and addresses are nobody's business. */
export function measureRequests(fastify: FastifyInstance, { requestSeconds }: Metrics, log: Log): void {
  const timers = new Map<string, { observe(seconds: number): void }>();
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = `${request.method} ${request.routeOptions.url ?? 'none'}`;
    const key = `${route} ${reply.statusCode}`;
    let timer = timers.get(key);
    if (!timer) timers.set(key, (timer = requestSeconds.labels(route, String(reply.statusCode))));
    timer.observe(reply.elapsedTime / 1000);
    if (log.isLevelEnabled('debug')) {
      const { correlationId, principal } = request as ApiRequest;
      const milliseconds = Math.round(reply.elapsedTime * 10) / 10;
      log.debug({ route, status: reply.statusCode, milliseconds, correlationId, userId: principal?.userId }, 'answered');
    }
    done();
  });
}
