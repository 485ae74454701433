import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startApi, type StartedApi } from '../testing/started-api.js';

let api: StartedApi;
let document: any;
beforeAll(async () => {
  api = await startApi();
  ({ body: document } = await api.call({ url: '/v1/openapi.json' }));
});
afterAll(() => api.stop());

describe('the documents', () => {
  it('are OpenAPI 3.1 without a finding of the linter', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'openapi-'));
    const file = join(folder, 'openapi.json');
    await writeFile(file, JSON.stringify(document, undefined, 2));
    const lint = promisify(execFile)('node_modules/.bin/redocly', ['lint', file, '--extends=recommended', '--format=stylish'], {
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', CI: 'true' },
    });
    const said = await lint.catch((error: { stdout: string; stderr: string }) => error);
    await rm(folder, { recursive: true });
    expect(said.stdout).not.toMatch(/error|warning/);
    expect(said.stderr).toContain('is valid');
  });
});
