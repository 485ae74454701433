import type { Actor } from '#licensing';
import type { AccessRule } from '#platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What a route says about itself; on the Fastify route, so that hooks find it without a look-up. */
export interface RouteFacts {
  /** Who may call it. */
  readonly access: AccessRule;
  /** A POST, PUT, PATCH or DELETE that records facts. */
  readonly writes: boolean;
  /** Of a write: whether a caller may only try it, or name the revision it is for. */
  readonly takesConditions: boolean;
  /** Fields of a write that are taken from the query string. */
  readonly queryFields: readonly string[];
  /** The read models a read is answered from: what `atLeast` waits for. */
  readonly models: readonly string[];
  /** `POST /v1/pools/:accountId/assignments` */
  pattern: string;
}

/** A request of this API, after the hooks of `entrance.ts`. */
export type ApiRequest = FastifyRequest & {
  correlationId: string;
  /** Undefined on routes that anyone may call. */
  principal: Actor | undefined;
  /** The body as it came, on routes that take signed calls. */
  signedText: string | undefined;
};
export type ApiReply = FastifyReply;

export function routeFacts(request: FastifyRequest): RouteFacts {
  return (request.routeOptions.config as { facts?: RouteFacts }).facts!;
}

/** Tells each route its own pattern, once, when it is registered. */
export function nameRoutes(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const facts = (route.config as { facts?: RouteFacts } | undefined)?.facts;
    if (facts && route.method !== 'HEAD') facts.pattern = `${String(route.method)} ${route.url}`;
  });
}
