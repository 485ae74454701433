import { pino, stdTimeFunctions, type Logger } from 'pino';

export type Log = Logger;

/**
 * One JSON line an entry on stdout. The log's own times are the wall's, also in the sandbox: they tell when the machine did something.
 * By Node's own stream: pino's would try for ever to write its last lines to a reader that has gone, and the process would not end.
 */
export function createLog(processName: string, level = process.env['LOG_LEVEL'] ?? 'info'): Log {
  const options = {
    level: level in pino.levels.values || level === 'silent' ? level : 'info',
    base: { process: processName, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    redact: {
      paths: ['password', 'secret', 'token', 'authorization', '*.password', '*.secret', '*.token', '*.authorization'],
      censor: '…',
    },
  };
  return pino(options, process.stdout);
}
