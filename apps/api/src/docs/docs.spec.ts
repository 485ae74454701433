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

  it('have every route that is served; only they themselves and the metrics are not in them', () => {
    const documented = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const others = served(api).filter((route) => !documented.includes(route));
    expect(others.filter((route) => !/^GET \/(docs(\/|$)|v1\/openapi\.json$|metrics$)/.test(route))).toEqual([]);
    expect(documented.filter((route) => !served(api).includes(route))).toEqual([]);
  });
});

/** Every route of the server, as its own tree of them shows it; each GET is a HEAD, too. */
function served({ app }: StartedApi): string[] {
  const above: string[] = [];
  const lines = app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }).split('\n').filter(Boolean);
  return lines.flatMap((line) => {
    const [, indent, step, methods] = /^([│ ]*)[├└]── (\S+)(?: \((.+)\))?$/.exec(line)!;
    above.splice(indent!.length / 4, Infinity, step!);
    const path = above.join('').replace(/:(\w+)/g, '{$1}');
    return (methods?.split(', ') ?? []).filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`);
  });
}
