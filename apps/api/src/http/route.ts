import { applyDecorators, Delete, Get, HttpCode, Patch, Post, Put } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { access, type AccessName } from '#platform';
import type { RouteFacts } from './request.js';

/** What a route tells about itself, to callers (OpenAPI) and to the entrance (who may call it). */
export interface RouteWords {
  /** The row of `access` in authorization.ts. */
  readonly may: AccessName;
  /** One line, for the documents. */
  readonly summary: string;
  readonly description?: string;
  /** The class of the answer; its fields are described like a command's. */
  readonly answer?: new () => object;
  /** A body that can be sent as it is, when the examples of the fields do not fit together. */
  readonly example?: object;
  /** Of the answer, when it is not JSON. */
  readonly media?: string;
  /** Of a success; 200 unless told. */
  readonly status?: 200 | 201 | 202 | 204;
  /** What it answers to a dry run; a PreviewAnswer unless told. */
  readonly preview?: new () => object;
  /** Statuses of refusals that calls of its kind do not have. */
  readonly refuses?: readonly number[];
  /** Further statuses and what they mean: with the same answer, or without a body when it is 204. */
  readonly also?: Readonly<Record<number, string>>;
}

export interface DescribedRoute extends RouteWords {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly facts: RouteFacts;
}

/** Under which a described route is found on its handler. */
export const routeDescription = Symbol('route');

const methods = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete };

/** `@Writes('POST', 'assignments', {may: 'assignLicenses', summary: '…', status: 201, answer: Assigned})`; `query` names fields taken from the query string. */
export function Writes(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  { query = [], takesConditions = true, ...words }: RouteWords & { readonly query?: readonly string[]; readonly takesConditions?: boolean },
): MethodDecorator {
  const facts = { access: access[words.may], writes: true, takesConditions, queryFields: query, models: [], pattern: '' };
  return route(method, path, words, facts);
}

/** `@Reads('', {may: 'readPool', summary: '…', models: ['pool-balance'], answer: PoolAnswer})`; `models` is what `atLeast` waits for. */
export function Reads(path: string, { models = [], ...words }: RouteWords & { readonly models?: readonly string[] }): MethodDecorator {
  return route('GET', path, words, {
    access: access[words.may],
    writes: false,
    takesConditions: false,
    queryFields: [],
    models,
    pattern: '',
  });
}

function route(method: DescribedRoute['method'], path: string, words: RouteWords, facts: RouteFacts): MethodDecorator {
  return (target, key, descriptor) => {
    Reflect.defineMetadata(routeDescription, { ...words, method, path, facts } satisfies DescribedRoute, descriptor.value as object);
    return applyDecorators(methods[method](path), HttpCode(words.status ?? 200), RouteConfig({ facts }))(target, key, descriptor);
  };
}

export { Section } from './sections.js';
