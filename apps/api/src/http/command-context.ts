import { createHmac, hash, randomUUID } from 'node:crypto';
import { canonicalJson, type CommandContext } from '#event-store';
import type { Actor } from '#licensing';
import { invalid } from './invalid.js';
import type { ApiReply, ApiRequest, RouteFacts } from './request.js';

/** UUIDs of version 5 are made in this namespace. */
const namespace = Buffer.from('f1d6e0a25c0b4b9a8d7e3a94c6b2517e', 'hex');

/**
 * What the server adds to a command: who asks, and an identity that is the same when the same caller repeats the call with the same Idempotency-Key.
 * `input` is the validated command, `fields` what came, its secrets hidden. The answer names the key, made here when the caller brought none. Errors: Rejected INVALID_REQUEST for malformed headers.
 */
export function commandContext(
  request: ApiRequest,
  reply: ApiReply,
  route: RouteFacts,
  input: object,
  fields: Record<string, unknown>,
): CommandContext & { readonly actor: Actor } {
  const actor = request.principal ?? anonymous;
  const key = idempotencyKey(request);
  reply.header('idempotency-key', key);
  const caller = actor.accountId ?? actor.userId;
  // As validated: an id in capitals is the same id.
  const path = Object.fromEntries(Object.keys(request.params as object).map((name) => [name, (input as Record<string, unknown>)[name]]));
  return {
    commandId: uuidV5([caller, route.pattern, ...Object.values(path), key].join('\n')),
    inputHash: hash('sha256', `${route.pattern}\n${canonicalJson({ ...fields, ...path })}`),
    correlationId: request.correlationId,
    actor,
    expectedRevision: ifMatch(request.headers['if-match']),
    dryRun: dryRun((request.query as Record<string, unknown>)['dryRun']),
  };
}

const anonymous: Actor = { userId: 'anonymous', role: 'system' };

/** The fields with every secret replaced by a digest that only this installation can compute. */
export function withoutSecrets(fields: Record<string, unknown>, secrets: readonly string[], key: string): Record<string, unknown> {
  if (secrets.length === 0) return fields;
  const hidden = secrets
    .filter((name) => fields[name] !== undefined)
    .map((name) => [name, createHmac('sha256', key).update(canonicalJson(fields[name])).digest('hex')]);
  return { ...fields, ...Object.fromEntries(hidden) };
}

/** A signed call brings its key as `webhook-id` (Standard Webhooks). */
function idempotencyKey({ headers, principal }: ApiRequest): string {
  const signed = principal?.role === 'system';
  const key = headers[signed ? 'webhook-id' : 'idempotency-key'];
  if (key === undefined) return randomUUID();
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw invalid([{ path: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters without spaces' }]);
  return key;
}

/** `5` or `"5"`, as the ETag of an answer says it. */
function ifMatch(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const revision = /^(?:"(\d{1,15})"|(\d{1,15}))$/.exec(header.trim());
  if (!revision) throw invalid([{ path: 'If-Match', message: 'must be the revision of the stream, such as "5"' }]);
  return Number(revision[1] ?? revision[2]);
}

function dryRun(text: unknown): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw invalid([{ path: 'dryRun', message: "must be 'true' or 'false'" }]);
}

/** RFC 9562: the same text always gives the same UUID. */
export function uuidV5(name: string): string {
  const bytes = hash('sha1', Buffer.concat([namespace, Buffer.from(name, 'utf8')]), 'buffer').subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const text = bytes.toString('hex');
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}
