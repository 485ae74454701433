import type { FastifyInstance } from 'fastify';
import type { Receipt } from '#event-store';

/** An answer to a write: the receipt goes into the headers, the body is what the contract says. */
export class Written {
  constructor(
    readonly receipt: Receipt,
    readonly body: object,
    /** Instead of the route's own, when the command found its work already done. */
    readonly status?: number,
  ) {}
}

/**
 * The answer to a command: its own fields, then `stream`, `revision` and `position` of the receipt.
 * A dry run answers `{dryRun: true, events}` with `preview`'s fields instead, such as `pool`.
 */
export function written(receipt: Receipt, fields: object = {}, preview: () => object = () => ({})): Written {
  const { stream, revision, position, facts, dryRun } = receipt;
  if (dryRun) return new Written(receipt, { dryRun: true, events: facts.map(({ type, data }) => ({ type, data })), ...preview() });
  return new Written(receipt, { ...fields, stream, revision, position: position?.toString() });
}

/** Puts the receipt of a written answer into its headers. */
export function answerHeaders(fastify: FastifyInstance): void {
  fastify.addHook('preSerialization', (_request, reply, payload, done) => {
    if (!(payload instanceof Written)) return done(null, payload);
    const { receipt, body, status } = payload;
    if (status !== undefined) reply.code(status);
    if (receipt.dryRun) {
      reply.code(200);
      return done(null, body);
    }
    if (receipt.position !== undefined) reply.header('ledger-position', receipt.position.toString());
    reply.header('etag', `"${receipt.revision}"`);
    if (receipt.replayed) reply.header('idempotent-replayed', 'true');
    done(null, body);
  });
}
