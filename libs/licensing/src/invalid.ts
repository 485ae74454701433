import { Rejected } from './rejection.js';

/** One thing that is wrong with a request: where (a JSON path as in `policy.term`), and what. */
export interface Finding {
  readonly path: string;
  readonly message: string;
}

/** Refuses a request that is readable but makes no sense. Says everything that is wrong at once. */
export function refuseFindings(findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  throw new Rejected('INVALID_REQUEST', findings.map(({ path, message }) => `${path} ${message}`).join('; '), { errors: findings });
}
