import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { rejections, roles, type Role } from '#licensing';
import { sections } from '../http/sections.js';
import { PreviewAnswer } from '../pool/pool.answers.js';
import { Problem } from './problem.answer.js';
import { documentedRoutes, type DocumentedRoute } from './routes.js';

type Schema = Record<string, any>;
type Schemas = Record<string, Schema>;

/**
 * The OpenAPI 3.1 document, made of the classes that validate what comes in and describe what goes out. Nest turns the classes into schemas;
 * which of their fields belong to the path, the query and the body is known from the routes.
 */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const routes = documentedRoutes(app);
  const classes = routes.flatMap(({ input, answer, preview }) => [input, answer, preview]).filter((type) => type !== undefined);
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('License Ledger')
    .setDescription(introduction)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/', 'This installation')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: '`accessToken` of `POST /v1/sessions`' }, 'token')
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'webhook-signature',
        description: 'Standard Webhooks, with `webhook-id` and `webhook-timestamp`',
      },
      'signature',
    )
    .build();
  const document = SwaggerModule.createDocument(app, config, { extraModels: [...new Set([Problem, PreviewAnswer, ...classes])] });
  const schemas = document.components!.schemas as Schemas;
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.fullPath] ??= {})[method(route)] = operation(route, schemas);
  document.paths = paths;
  for (const { input } of routes) keepBodyOnly(schemas, input, routes);
  document.components!.responses = { Problem: problemResponse } as never;
  document.tags = Object.entries(sections).map(([name, description]) => ({ name, description }));
  return document;
}

function operation(route: DocumentedRoute, schemas: Schemas): object {
  const { input, facts, summary, description, operationId, section, status = 200, answer, media = 'application/json' } = route;
  const required = (input && (schemas[input.name]!['required'] as string[] | undefined)) ?? [];
  const fields = input ? schemas[input.name]! : { properties: {}, required: [] };
  const inQuery = queryFields(route, fields);
  const body = bodyFields(route, fields);
  return {
    operationId,
    summary,
    ...(description && { description }),
    tags: [section],
    security: security(route),
    parameters: [
      ...route.pathParameters.map((name) => parameter('path', name, fields)),
      ...inQuery.map((name) => parameter('query', name, fields)),
      ...(facts.writes ? [keyParameter] : []),
      ...(facts.takesConditions ? conditionParameters : []),
    ],
    ...(body.length > 0 && {
      requestBody: {
        required: body.some((name) => required.includes(name)),
        content: Object.fromEntries(
          bodyMedia(route).map((type) => [
            type,
            { schema: { $ref: `#/components/schemas/${input!.name}` }, ...bodyExample(route, schemas, body) },
          ]),
        ),
      },
    }),
    responses: {
      ...Object.fromEntries(refusals(route).map((refused) => [refused, { $ref: '#/components/responses/Problem' }])),
      ...(facts.takesConditions && answer && { 200: triedOrDone(route, answer) }),
      ...((status !== 200 || !facts.takesConditions) && {
        [status]: {
          description: 'Done',
          ...(facts.writes && { headers: facts.takesConditions ? writeHeaders : keyHeader }),
          content: { [media]: { schema: answer ? referenceTo(answer) : { type: 'string' } } },
        },
      }),
      ...alsoAnswered(route),
    },
  };
}

/** Every write answers 200 to a dry run, and those of another status when it was done before. */
function triedOrDone({ status = 200, preview = PreviewAnswer }: DocumentedRoute, answer: Type<object>): object {
  return {
    description: `${status === 200 ? 'Done' : 'Done before'}; with \`dryRun=true\` what would be done`,
    headers: writeHeaders,
    content: { 'application/json': { schema: { anyOf: [answer, preview].map(referenceTo) } } },
  };
}

function alsoAnswered({ also = {}, answer }: DocumentedRoute): Record<string, object> {
  const content = (status: string) => status !== '204' && answer && { content: { 'application/json': { schema: referenceTo(answer) } } };
  return Object.fromEntries(Object.entries(also).map(([status, description]) => [status, { description, ...content(status) }]));
}

function referenceTo({ name }: { readonly name: string }): object {
  return { $ref: `#/components/schemas/${name}` };
}

function bodyMedia(route: DocumentedRoute): string[] {
  return route.method === 'PATCH' ? ['application/merge-patch+json', 'application/json'] : ['application/json'];
}

function method({ method: name }: DocumentedRoute): string {
  return name.toLowerCase();
}

function security({ facts: { access } }: DocumentedRoute): object[] {
  if (access.roles === 'anyone') return [];
  return [...(access.roles.length > 0 || access.approver ? [{ token: [] }] : []), ...(access.signedBy ? [{ signature: [] }] : [])];
}

function queryFields({ facts, pathParameters }: DocumentedRoute, { properties = {} }: Schema): string[] {
  const names = Object.keys(properties).filter((name) => !pathParameters.includes(name));
  return facts.writes ? names.filter((name) => facts.queryFields.includes(name)) : names;
}

function bodyFields({ facts, pathParameters }: DocumentedRoute, { properties = {} }: Schema): string[] {
  if (!facts.writes) return [];
  return Object.keys(properties).filter((name) => !pathParameters.includes(name) && !facts.queryFields.includes(name));
}

function parameter(place: 'path' | 'query', name: string, { properties = {}, required = [] }: Schema): object {
  const { description, example, ...schema } = (properties as Schemas)[name] ?? { type: 'string' };
  return {
    name,
    in: place,
    required: place === 'path' || (required as string[]).includes(name),
    ...(description && { description }),
    ...(schema['type'] === 'array' && { style: 'form', explode: false }),
    schema,
    ...(example !== undefined && { example }),
  };
}

/** An input class in the components is a body: what comes by path or query is not in it. */
function keepBodyOnly(schemas: Schemas, input: Type<object> | undefined, routes: readonly DocumentedRoute[]): void {
  const schema = input && schemas[input.name];
  if (!input || !schema) return;
  const route = routes.find((candidate) => candidate.input === input)!;
  const body = bodyFields(route, schema);
  if (body.length === 0) {
    delete schemas[input.name];
    return;
  }
  schema['properties'] = Object.fromEntries(body.map((name) => [name, schema['properties'][name]]));
  schema['required'] = ((schema['required'] as string[] | undefined) ?? []).filter((name) => body.includes(name));
  schema['additionalProperties'] = false;
}

/** None when a field that must be there has no example: such a body could not be sent. */
function bodyExample({ example, input }: DocumentedRoute, schemas: Schemas, body: readonly string[]): { example?: object } {
  if (example) return { example };
  const made = exampleOf(schemas, input!, body);
  const required = ((schemas[input!.name]!['required'] as string[] | undefined) ?? []).filter((name) => body.includes(name));
  return required.every((name) => name in made) ? { example: made } : {};
}

/** A whole body from the examples of its fields. A field without one is left out. */
function exampleOf(schemas: Schemas, { name }: { readonly name: string }, only?: readonly string[]): Schema {
  const properties = Object.entries((schemas[name]?.['properties'] ?? {}) as Schemas);
  const examples = properties
    .filter(([field]) => only?.includes(field) ?? true)
    .map(([field, schema]) => [field, exampleOfField(schemas, schema)]);
  return Object.fromEntries(examples.filter(([, example]) => example !== undefined));
}

function exampleOfField(schemas: Schemas, schema: Schema): unknown {
  if (schema['example'] !== undefined) return schema['example'];
  const reference = (schema['$ref'] ?? [...(schema['allOf'] ?? []), ...(schema['oneOf'] ?? [])][0]?.['$ref']) as string | undefined;
  if (reference) return exampleOf(schemas, { name: reference.split('/').at(-1)! });
  if (schema['type'] === 'array') {
    const item = exampleOfField(schemas, schema['items']);
    return item === undefined ? undefined : [item];
  }
  return undefined;
}

function refusals({ facts, pathParameters, refuses = [], also = {} }: DocumentedRoute): number[] {
  const { access, writes, takesConditions } = facts;
  const isOpen = access.roles === 'anyone';
  const mayAll = !isOpen && roles.every((role) => (access.roles as readonly Role[]).includes(role));
  const statuses = [
    400,
    ...(isOpen ? [] : mayAll ? [401] : [401, 403]),
    ...(pathParameters.length > 0 ? [404] : []),
    ...(writes ? [409, 413, 415] : []),
    ...(takesConditions ? [412, 422] : []),
    ...(isOpen && !writes ? [] : [429, 503]),
    ...refuses,
  ];
  return [...new Set(statuses)].filter((status) => !(status in also)).sort();
}

const problemResponse = {
  description: 'Refused: nothing happened. `code` is stable, the numbers stand beside it',
  headers: { 'Retry-After': { description: 'Seconds, with 429 and 503', schema: { type: 'integer' } } },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const keyParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'The same key with the same body is answered again and done once; with another body it is 422. Made by the server when absent',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const conditionParameters = [
  {
    name: 'If-Match',
    in: 'header',
    description: 'The revision the stream must be at, as the ETag said it',
    schema: { type: 'string', pattern: '^"?\\d+"?$' },
  },
  {
    name: 'dryRun',
    in: 'query',
    description: 'The same checks, nothing recorded: 200 with a `PreviewAnswer`',
    schema: { type: 'boolean' },
  },
];

const keyHeader = { 'Idempotency-Key': { description: 'The key of this call', schema: { type: 'string' } } };

const writeHeaders = {
  'Ledger-Position': { description: 'Where in the log; reads take it as `atLeast`', schema: { type: 'string' } },
  ...keyHeader,
  'Idempotent-Replayed': { description: '`true`: this is the first answer again', schema: { type: 'string' } },
  ETag: { description: 'The revision of the stream, for If-Match', schema: { type: 'string' } },
};

const introduction = [
  'Who bought, holds, passed on, uses and gave back which licenses: an append-only record and what is derived from it.',
  'Times are RFC 3339 in UTC, durations ISO 8601, positions decimal text. Lists are `{items, next}`; `next` goes into `cursor`.',
  `Every refusal is a problem (RFC 9457) with one of these codes:\n\n| code | status | meaning |\n|---|---|---|\n${Object.entries(
    rejections,
  )
    .map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`)
    .join('\n')}`,
].join('\n\n');
