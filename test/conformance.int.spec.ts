import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

// A busy machine may take its time, when the projections catch up with all that the other groups left, for one.
describe('the embedded event store', () => {
  it('answers as a real EventStoreDB did, on an empty store and on one that was started again on its data', async () => {
    const { code, output } = await run(['scripts/conformance.js', '--timeout', '60000']);
    const summaries = output.match(/^\d+ passed, \d+ failed$/gm) ?? [];
    expect({ failures: output.match(/^FAIL .*$/gm) ?? [], passes: summaries.length, code }).toEqual({ failures: [], passes: 5, code: 0 });
  }, 600_000);
});

function run(args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}
