import { describe, expect, it } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import { readSettings, settingsTable } from '#platform';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const text = readFileSync('docker-compose.yml', 'utf8');
const compose = read(text);
const own = Object.entries(compose.services).filter(([, { build }]) => build !== undefined);
const known = new Set<string>(Object.values(settingsTable).map(({ name }) => name));
const unknownIn = (names: readonly string[]) => names.filter((name) => !known.has(name));

describe('docker-compose.yml', () => {
  it('follows the compose specification', () => {
    expect(findings(compose)).toEqual([]);
  });

  it('follows it in the secure variant of KurrentDB too', () => {
    const secure = read(withSecureVariant(text));
    expect(Object.keys(secure.services)).toContain('certificates');
    expect(secure.services['kurrentdb']!.environment).toHaveProperty('KURRENTDB_CERTIFICATE_FILE');
    expect(secure.services['kurrentdb']!.environment).not.toHaveProperty('KURRENTDB_INSECURE');
    expect(findings(secure)).toEqual([]);
  });

  it('the check of the specification catches what does not belong', () => {
    const services = { api: { ...compose.services['api'], comand: ['x'], healthcheck: { test: 5 } } };
    expect(findings({ ...compose, services })).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/additional properties.*comand/),
        expect.stringContaining('/services/api/healthcheck/test'),
      ]),
    );
  });

  it('runs the processes of the product from one Dockerfile, each with a check of its health', () => {
    expect(own.map(([name]) => name).toSorted()).toEqual(['api', 'automations', 'cli', 'projector']);
    for (const [name, { entrypoint = [], command = [], healthcheck }] of own) {
      const entry = [...entrypoint, ...command].find((word) => word.startsWith('dist/'));
      expect(entry).toBe(`dist/apps/${name}/main.js`);
      expect(existsSync(`apps/${name}/main.ts`)).toBe(true);
      expect(healthcheck?.test ?? healthcheck?.disable).toBeTruthy();
    }
  });

  it('sets only variables that the settings know', () => {
    expect(unknownIn(own.flatMap(([, { environment = {} }]) => Object.keys(environment)))).toEqual([]);
    expect(unknownIn(variablesAskedFor(text))).toEqual([]);
    expect(unknownIn(['EVENT_STORE_URL'])).toEqual(['EVENT_STORE_URL']);
  });

  it.each(own)('gives %s settings that it can start with', (_, { environment = {} }) => {
    const given = interpolated(environment, { JWT_SECRET: 'x'.repeat(32) });
    expect(readSettings(given)).toMatchObject({ eventStoreUrl: 'esdb://kurrentdb:2113?tls=false', redisUrl: 'redis://redis:6379' });
  });

  it('refuses to start without a secret for tokens', () => {
    expect(compose.services['api']!.environment!['JWT_SECRET']).toMatch(/^\$\{JWT_SECRET:\?.+\}$/);
  });

  const plugin = spawnSync('docker', ['compose', 'version']).status === 0;
  (plugin ? it : it.skip)(
    `is accepted by docker compose config${plugin ? '' : ' (skipped: the compose plugin of docker is not installed)'}`,
    () => {
      const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], {
        env: { ...process.env, JWT_SECRET: 'x'.repeat(32) },
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, '']);
    },
  );
});

describe('Dockerfile', () => {
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');
  const stages = lines.filter((line) => line.startsWith('FROM '));
  const last = lines.slice(lines.lastIndexOf(stages.at(-1)!));
  const argumentsOf = (instruction: string, within = last) =>
    within.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1));

  it('builds in one stage and runs in another, as a user without rights, with a check of its health', () => {
    expect(stages).toHaveLength(2);
    expect(argumentsOf('USER').at(-1)).toBe('node');
    expect(argumentsOf('HEALTHCHECK')[0]).toContain('["node", "scripts/healthcheck.js"]');
    expect(last.indexOf('USER node')).toBeLessThan(last.findIndex((line) => line.startsWith('CMD ')));
  });

  it('sets only variables that the settings know', () => {
    const names = argumentsOf('ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('=')[0]!));
    expect(names).toContain('DATA_DIR');
    expect(unknownIn(names)).toEqual(['NODE_ENV']);
  });

  it('copies only what there is', () => {
    const copied = argumentsOf('COPY').flatMap((line) => line.split(' ').filter((word) => word.startsWith('/app/')));
    const built = (path: string) => ['dist', 'node_modules'].includes(path) || existsSync(path);
    expect(copied.map((path) => path.slice('/app/'.length)).filter((path) => !built(path))).toEqual([]);
    expect(copied).toContain('/app/scripts/healthcheck.js');
  });
});

describe('the check of a container’s health', () => {
  const check = async (environment: Record<string, string>): Promise<number> => {
    const [code] = await once(spawn(process.execPath, ['scripts/healthcheck.js'], { env: environment }), 'close');
    return code as number;
  };
  const answering = async (status: number) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, asked, port: String((server.address() as AddressInfo).port) };
  };

  it.each([
    ['PORT', '/v1/health/live'],
    ['HEALTH_PORT', '/health/live'],
  ])('asks on %s and is content with a good answer only', async (setting, path) => {
    const well = await answering(200);
    expect(await check({ [setting]: well.port })).toBe(0);
    expect(well.asked).toEqual([path]);
    well.server.close();
    expect(await check({ [setting]: well.port })).toBe(1);
    const ill = await answering(503);
    expect(await check({ [setting]: ill.port })).toBe(1);
    ill.server.close();
  });
});

function read(yaml: string): Compose {
  return parse(yaml, { merge: true });
}

/** What the specification's schema says against a file, extensions (x-…) left out. */
function findings(file: object): string[] {
  const validate = compiledSchema();
  validate(Object.fromEntries(Object.entries(file).filter(([name]) => !name.startsWith('x-'))));
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}

let compiled: ValidateFunction | undefined;
function compiledSchema(): ValidateFunction {
  if (compiled !== undefined) return compiled;
  const schema = JSON.parse(readFileSync('test/fixtures/compose-spec.schema.json', 'utf8'), (key, value) =>
    // Of an older draft than the rest of the file; nothing refers to them.
    (key === '$schema' || key === 'id') && typeof value === 'string' ? undefined : value,
  );
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addFormat('ports', /^([\d.]+:)?(\$\{\w+(:-\d+)?\}|\d+)(:\d+)?(\/(tcp|udp))?$/);
  ajv.addFormat('expose', /^\d+(\/(tcp|udp))?$/);
  ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
  ajv.addFormat('subnet_ip_address', true);
  return (compiled = ajv.compile(schema));
}

/** The file as it is when somebody follows its last comment. */
function withSecureVariant(yaml: string): string {
  const [file, comment] = yaml.split('# The secure variant of KurrentDB') as [string, string];
  const variant = comment
    .split('\n')
    .filter((line) => line.startsWith('#  '))
    .map((line) => line.slice(1));
  const [before, after] = [file.slice(0, file.indexOf('  kurrentdb:\n')), file.slice(file.indexOf('  redis:\n'))];
  return `${before}${variant.join('\n')}\n\n${after.replace('volumes:\n  kurrentdb-data:', 'volumes:\n  certificates:\n  kurrentdb-data:')}`;
}

function variablesAskedFor(yaml: string): string[] {
  const withoutComments = yaml.replace(/^\s*#.*$/gm, '');
  return [...withoutComments.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!);
}

/** `${NAME:-default}` and `${NAME:?message}`, as compose reads them. */
function interpolated(environment: Readonly<Record<string, string>>, given: Record<string, string>): Record<string, string> {
  const value = (_: string, name: string, fallback?: string) => given[name] ?? fallback ?? '';
  return Object.fromEntries(
    Object.entries(environment).map(([name, raw]) => [name, String(raw).replace(/\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g, value)]),
  );
}
