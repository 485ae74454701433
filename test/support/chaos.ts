import { appendFileSync } from 'node:fs';

/** How often something is broken: a few times in `npm test`, as often as it is asked for in `npm run chaos -- --rounds N`. */
export function roundsOf(few: number): number {
  return Number(process.env['ROUNDS'] ?? few);
}

/** Tells `npm run chaos` how far a scenario has come, and what it has seen so far in figures. */
export function tell(scenario: string, done: number, total: number, seen: Readonly<Record<string, number>> = {}): void {
  const file = process.env['CHAOS_PROGRESS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ scenario, done, total, seen })}\n`);
}
