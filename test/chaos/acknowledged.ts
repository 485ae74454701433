import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Caller } from '../support/caller.js';

const patienceMilliseconds = 1_000;

/** Sends a command under one key until it is told that it is done. What is neither that nor "not now" is a defect. */
export async function acknowledged(status: number, by: Caller, path: string, body?: object): Promise<Answer> {
  const headers = { 'idempotency-key': randomUUID() };
  for (let attempt = 1; ; attempt++) {
    const extra = { headers, signal: AbortSignal.timeout(patienceMilliseconds * 2 ** Math.min(attempt, 5)) };
    const answer = await by.post(path, body, extra).catch(() => undefined);
    if (answer?.status === status) return answer;
    if (answer !== undefined && answer.status !== 503) throw new Error(`${path} ${answer.status}: ${JSON.stringify(answer.body)}`);
    await pause(10);
  }
}
