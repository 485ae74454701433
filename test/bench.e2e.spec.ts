import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** The bench in its least form, so that it does not rot. What it measures here means nothing. */
describe('npm run bench', () => {
  const out = mkdtempSync(join(tmpdir(), 'bench-'));
  // PostgreSQL, where there is one, runs as another user.
  chmodSync(out, 0o755);
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  let run: ReturnType<typeof bench>;
  let report: { benches: Record<string, { postgres?: string | null; rows: { workload: string; contestant: string }[] }> };
  beforeAll(() => {
    run = bench('--smoke', '--only', 'assignments,growing,hot-account', '--out', out);
    if (run.status === 0) report = JSON.parse(readFileSync(join(out, 'bench.json'), 'utf8'));
  }, 300_000);

  it('ends well, with the checks of every workload passed', () => {
    expect(run.status === 0 ? 'ended well' : run.stderr).toBe('ended well');
    expect(Object.keys(report.benches)).toEqual(['assignments', 'growing', 'hot-account']);
  });

  it('measures the ledger beside both forms of PostgreSQL, or says that there is none', () => {
    const { postgres, rows } = report.benches['assignments']!;
    const contestants = [...new Set(rows.map(({ contestant }) => contestant))];
    if (postgres) expect(contestants).toEqual(['ledger', 'postgres, interactive', 'postgres, procedure']);
    else {
      expect(contestants).toEqual(['ledger']);
      expect(run.stderr).toContain('THE LEDGER IS MEASURED ALONE');
      process.stderr.write('The peer over PostgreSQL was not tested: no PostgreSQL could be started here.\n');
    }
  });

  it('refuses what it does not know, and says what it takes', () => {
    const { status, stderr } = bench('--only', 'everything');
    expect(status).toBe(2);
    expect(stderr).toContain('There is no bench everything.');
    expect(stderr).toContain('--quick');
  });
});

function bench(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/run.js', ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}
