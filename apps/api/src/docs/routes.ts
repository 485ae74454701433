import type { Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { LedgerCommand, Question } from '../http/input.js';
import { routeDescription, type DescribedRoute } from '../http/route.js';

/** A route with everything the documents tell about it. */
export interface DocumentedRoute extends DescribedRoute {
  /** `/v1/pools/{accountId}/assignments` */
  readonly fullPath: string;
  readonly pathParameters: readonly string[];
  /** `PoolController.assign` */
  readonly operationId: string;
  readonly section: string | undefined;
  /** The command or query class; undefined when the route takes nothing. */
  readonly input: Type<object> | undefined;
}

/** Every described route of the application, in the order of its modules. */
export function documentedRoutes(app: NestFastifyApplication): DocumentedRoute[] {
  const routes: DocumentedRoute[] = [];
  for (const module of app.get(ModulesContainer).values())
    for (const { metatype } of module.controllers.values())
      if (typeof metatype === 'function') routes.push(...routesOf(metatype as Type<object>));
  return routes;
}

function routesOf(controller: Type<object>): DocumentedRoute[] {
  const prototype = controller.prototype as Record<string, object>;
  const base = Reflect.getMetadata('path', controller) as string;
  const [section] = (Reflect.getMetadata('swagger/apiUseTags', controller) as string[] | undefined) ?? [];
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const described = Reflect.getMetadata(routeDescription, prototype[name] ?? {}) as DescribedRoute | undefined;
    if (!described) return [];
    const parts = [...base.split('/'), ...described.path.split('/')].filter((part) => part !== '');
    return [
      {
        ...described,
        fullPath: `/${parts.map((part) => (part.startsWith(':') ? `{${part.slice(1)}}` : part)).join('/')}`,
        pathParameters: parts.filter((part) => part.startsWith(':')).map((part) => part.slice(1)),
        operationId: `${controller.name.replace(/Controller$/, '')}.${name}`,
        section,
        input: inputOf(prototype, name),
      },
    ];
  });
}

function inputOf(prototype: object, name: string): Type<object> | undefined {
  const types = (Reflect.getMetadata('design:paramtypes', prototype, name) as Type<object>[] | undefined) ?? [];
  return types.find((type) => type.prototype instanceof LedgerCommand || type.prototype instanceof Question);
}
