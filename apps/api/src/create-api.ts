import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Metrics, Tokens, type Relations } from '#platform';
import { ApiModule } from './api.module.js';
import { serveDocs } from './docs/serve-docs.js';
import { NestLog } from './nest-log.js';
import { answerHeaders } from './http/answer.js';
import { letConnectionsGo } from './http/closing.js';
import { begin, guardEntrance, parseBodies } from './http/entrance.js';
import { InputPipe, ReadModels } from './http/input.js';
import { measureRequests } from './http/measure.js';
import { ProblemFilter, type ProblemReply } from './http/problem.filter.js';
import { refuseUnreadable } from './http/unreadable.js';
import { nameRoutes, type ApiReply, type ApiRequest } from './http/request.js';
import { partnerSees } from './pool/pool.references.js';
import type { ApiParts } from './parts.js';
import { resources } from './resources.js';

/** The API as one application, ready for `listen` or `inject`. Closing it answers what is in flight; the parts belong to the caller. */
export async function createApi(parts: ApiParts, modules: readonly Type[] = resources): Promise<NestFastifyApplication> {
  const metrics = new Metrics();
  const problems = new ProblemFilter(parts.log, metrics.refusals);
  const adapter = new FastifyAdapter({
    bodyLimit: parts.settings.limitBodyBytes,
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
    trustProxy: parts.settings.trustedProxies ? [...parts.settings.trustedProxies] : false,
    // A caller that sends its request drop by drop does not hold a connection for ever.
    requestTimeout: 30_000,
    clientErrorHandler: refuseUnreadable(metrics.refusals),
    // Ids of our own are in the logs; Fastify's are not used.
    genReqId: () => '',
    // An address that cannot be read is refused before any hook runs.
    frameworkErrors: (error: unknown, request: object, reply: object) => {
      begin(request as ApiRequest, reply as ApiReply, parts.settings.sandbox);
      problems.answer(error, reply as ProblemReply);
    },
  });
  const fastify = adapter.getInstance();
  nameRoutes(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.of(parts, metrics, modules), adapter, {
    bodyParser: false,
    logger: new NestLog(parts.log),
    abortOnError: false,
  });
  measureRequests(fastify, metrics, parts.log);
  guardEntrance(fastify, { ...parts, tokens: app.get(Tokens), relations: relationsOf(parts) });
  parseBodies(fastify);
  answerHeaders(fastify);
  letConnectionsGo(fastify);
  app.useGlobalPipes(new InputPipe(app.get(ReadModels), parts.secrets.jwtSecret));
  app.useGlobalFilters(problems);
  serveDocs(app);
  await app.init();
  await fastify.ready();
  return app;
}

function relationsOf({ ledger }: ApiParts): Relations {
  return {
    linkedCustomer: (partnerId, customerId) => partnerSees(ledger, partnerId, customerId),
  };
}
