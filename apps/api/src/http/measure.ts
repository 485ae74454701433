import type { FastifyInstance } from 'fastify';
import type { Metrics } from '#platform';

/** Counts and times every request by its route, never by its path: paths have no end. */
export function measureRequests(fastify: FastifyInstance, { requestSeconds }: Metrics): void {
  const timers = new Map<string, { observe(seconds: number): void }>();
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const key = `${request.method} ${route} ${reply.statusCode}`;
    let timer = timers.get(key);
    if (!timer) timers.set(key, (timer = requestSeconds.labels(`${request.method} ${route}`, String(reply.statusCode))));
    timer.observe(reply.elapsedTime / 1000);
    done();
  });
}
