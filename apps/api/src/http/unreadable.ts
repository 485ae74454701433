import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Rejected } from '#licensing';
import { problemOf } from '#platform';
import { secureHeaders } from './entrance.js';

/**
 * Answers what is no request of HTTP, or did not come whole in time, in the same form as every other refusal, and closes the connection: where the
 * next request would begin cannot be known. `refusals` counts it.
 */
export function refuseUnreadable(refusals: { inc(labels: { code: string }): void }) {
  return (error: Error & { readonly code?: string }, socket: Socket): void => {
    // The caller has gone.
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const refusal = refusalOf(error);
    refusals.inc({ code: refusal.code });
    const correlationId = randomUUID();
    const body = JSON.stringify(problemOf(refusal, correlationId));
    const head = [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
      ...Object.entries({
        ...secureHeaders,
        'x-correlation-id': correlationId,
        'content-type': 'application/problem+json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      }).map(([name, value]) => `${name}: ${value}`),
    ];
    if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    socket.destroy(error);
  };
}

function refusalOf({ code }: { readonly code?: string }): Rejected {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Rejected('HEADERS_TOO_LARGE', 'The address and the headers are larger than 16 KiB together');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Rejected('REQUEST_TIMEOUT', 'The request did not come whole within 30 seconds');
  const detail = 'This is no request of HTTP/1.1 that can be read';
  return new Rejected('INVALID_REQUEST', detail, { errors: [{ path: '', message: detail }] });
}
