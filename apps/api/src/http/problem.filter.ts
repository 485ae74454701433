import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { Rejected } from '#licensing';
import { problemOf, refusalOf, retryAfter, type Log } from '#platform';

/** The part of a Fastify reply that an error answer needs. */
export interface ProblemReply {
  readonly request: { readonly correlationId?: string; readonly method: string };
  readonly sent: boolean;
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  type(mediaType: string): unknown;
  send(payload: unknown): unknown;
}

/** The one filter: whatever is thrown becomes a problem with a stable code. What nobody foresaw is logged and answered as INTERNAL_ERROR, without its words. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    /** Counts refusals by code. */
    private readonly refusals: { inc(labels: { code: string }): void },
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    this.answer(error, host.switchToHttp().getResponse<ProblemReply>());
  }

  /** Also for what Fastify refuses before Nest sees it. */
  answer(error: unknown, reply: ProblemReply): void {
    const correlationId = reply.request.correlationId ?? 'none';
    const refusal = refusalOf(error) ?? this.unforeseen(error, correlationId);
    this.refusals.inc({ code: refusal.code });
    if (refusal.status >= 500) this.log.warn({ code: refusal.code, correlationId, err: error }, 'a request failed');
    if (reply.sent) return;
    const seconds = retryAfter(refusal);
    if (seconds !== undefined) reply.header('retry-after', String(seconds));
    if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
    reply.code(refusal.status);
    reply.type('application/problem+json');
    reply.send(JSON.stringify(problemOf(refusal, correlationId)));
  }

  private unforeseen(error: unknown, correlationId: string): Rejected {
    this.log.error({ correlationId, err: error }, 'an unforeseen error');
    return new Rejected('INTERNAL_ERROR', `Tell us the correlation id ${correlationId}`);
  }
}
