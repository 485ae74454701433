import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Rejected } from '#licensing';
import { authorize, inForce, RateLimit, type Clock, type Relations, type Secrets, type Settings, type Tokens } from '#platform';
import { shopTimes, verifySignedCall } from '../store/signed-call.js';
import { invalid } from './invalid.js';
import { jsonFault } from './json-body.js';
import { routeFacts, type ApiRequest, type RouteFacts } from './request.js';

/** Answers are data, never pages: nothing in them may be run, framed, guessed at or kept. The page at /docs has its own. */
export const secureHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface EntranceParts {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly tokens: Tokens;
  readonly relations: Relations;
}

/**
 * What happens to every request before its body is read: it gets a correlation id, its caller is known, counted and authorized.
 * Whoever may not call never makes the server parse a body. Signed calls are authorized when the body is there: it is what was signed.
 */
export function guardEntrance(fastify: FastifyInstance, parts: EntranceParts): void {
  const requests = new RateLimit(parts.settings.limitRequestsPerMinute, 'requests');
  fastify.decorateRequest('correlationId', '');
  fastify.decorateRequest('principal', undefined);
  fastify.decorateRequest('signedText', undefined);

  fastify.addHook('onRequest', (bare, reply, done) => {
    const request = bare as ApiRequest;
    begin(request, reply, parts.settings.sandbox);
    const facts = (bare.routeOptions.config as { facts?: RouteFacts }).facts;
    if (!facts || facts.access.roles === 'anyone') return done();
    enter(request, facts).then(() => done(), done);
  });

  async function enter(request: ApiRequest, { access }: RouteFacts): Promise<void> {
    const token = bearerToken(request);
    if (token === undefined && access.signedBy && request.headers['webhook-signature'] !== undefined) {
      request.signedText = '';
      return;
    }
    if (token !== undefined) {
      const known = parts.tokens.principal(token);
      const principal = known instanceof Promise ? await known : known;
      await requests.take(principal.userId);
      request.principal = principal;
    }
    await authorize(
      inForce(access, parts.settings.drawdownApproverRole),
      request.principal,
      request.params as Record<string, string>,
      parts.relations,
    );
  }

  fastify.addHook('preValidation', (bare, _reply, done) => {
    const request = bare as ApiRequest;
    if (request.signedText === undefined) return done();
    const { signedBy } = routeFacts(bare).access;
    try {
      verifySignedCall(
        parts.secrets[signedBy!],
        { headers: bare.headers, rawBody: Buffer.from(request.signedText) },
        shopTimes(parts.clock, parts.settings.sandbox),
      );
    } catch (error) {
      return done(error as Error);
    }
    request.principal = { userId: signedBy!.replace('Secret', ''), role: 'system' };
    // Counted when it is known whose call it is: what anybody signs with nothing takes no room from those who sign.
    requests.take(request.principal.userId).then(() => done(), done);
  });
}

/** What every answer has, also one that no route was found for. */
export function begin(request: ApiRequest, reply: Pick<FastifyReply, 'headers' | 'header'>, sandbox: boolean): void {
  request.correlationId = correlationId(request);
  reply.headers(secureHeaders);
  reply.header('x-correlation-id', request.correlationId);
  if (sandbox) reply.header('ledger-sandbox', 'true');
}

/** JSON bodies. An empty one is no body; the text of a signed call is kept for its signature. */
export function parseBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error') as (
    request: FastifyRequest,
    text: string,
    done: (error: Error | null, body?: unknown) => void,
  ) => void;
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  fastify.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    (request: FastifyRequest, text: string, done) => {
      if ((request as ApiRequest).signedText !== undefined) (request as ApiRequest).signedText = text;
      const { 'content-encoding': encoding = 'identity' } = request.headers;
      if (encoding !== 'identity') return done(new Rejected('UNSUPPORTED_MEDIA_TYPE', `A body is sent as it is, not as ${encoding}`));
      if (text === '') return done(null, undefined);
      parse(request, text, (error, body) => {
        const fault = error ? undefined : jsonFault(text);
        done(fault === undefined ? error : invalid([{ path: '', message: fault }]), body);
      });
    },
  );
}

/** The caller's, when it is printable and short; else a new one. */
function correlationId({ headers }: FastifyRequest): string {
  const given = headers['x-correlation-id'];
  return typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID();
}

/** The access token of a request; undefined when it has none. Errors: Rejected UNAUTHENTICATED. */
export function bearerToken({ headers: { authorization } }: FastifyRequest): string | undefined {
  if (authorization === undefined) return undefined;
  if (authorization.length > 7 && authorization.slice(0, 7).toLowerCase() === 'bearer ') return authorization.slice(7).trim();
  throw new Rejected('UNAUTHENTICATED', 'The Authorization header must be: Bearer <access token>');
}
