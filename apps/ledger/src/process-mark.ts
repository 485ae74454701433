import { readFileSync } from 'node:fs';

/** A process of this machine; the start time tells it from a later one with the same number (Linux; null elsewhere). */
export interface ProcessMark {
  readonly pid: number;
  readonly startTime: string | null;
}

export function isAlive({ pid, startTime }: ProcessMark): boolean {
  if (!(pid > 0)) return false;
  const now = markOf(pid);
  return now !== undefined && (startTime === null || now.startTime === startTime);
}

/** Undefined when no such process runs. */
export function markOf(pid: number): ProcessMark | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  // Behind the name in brackets, which may hold anything: state is the first field, the start time the twentieth.
  const stat = readTextIfAny(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie holds nothing any more.
  return fields?.[0] === 'Z' ? undefined : { pid, startTime: fields?.[19] ?? null };
}

function readTextIfAny(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
