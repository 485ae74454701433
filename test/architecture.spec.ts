import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = process.cwd();
const layers = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as { forbidden: { name: string }[] };

/** A tree that breaks every rule of .dependency-cruiser.cjs once: what each file imports, by path. */
const canaryImports: Record<string, Record<string, string[]>> = {
  'no-circle': { 'libs/licensing/src/circle.ts': ['./round.js'], 'libs/licensing/src/round.ts': ['./circle.js'] },
  resolves: { 'libs/licensing/src/lost.ts': ['./nowhere.js'] },
  'licensing-imports-nothing': { 'libs/licensing/src/stored.ts': ['#event-store'] },
  'event-store-knows-shapes-only': { 'libs/event-store/src/wise.ts': ['#licensing'] },
  'read-store-knows-shapes-only': { 'libs/read-store/src/wise.ts': ['#licensing'] },
  'read-store-follows-any-log': { 'libs/read-store/src/bound.ts': ['#event-store'] },
  'embedded-server-knows-shapes-only': { 'libs/embedded-event-store/src/wise.ts': ['#licensing'] },
  'platform-below-questions': { 'libs/platform/src/asking.ts': ['#projections'] },
  'projections-read-facts': { 'projections/writing.ts': ['#event-store'] },
  'nothing-imports-apps': { 'libs/platform/src/calling.ts': ['../../../apps/api/src/inner.js'] },
  'apps-stand-apart': { 'apps/projector/main.ts': ['../api/src/inner.js'] },
  'libs-by-their-index': { 'apps/cli/main.ts': ['../../libs/licensing/src/inner.js'] },
  'one-importer-of-the-event-store-client': { 'libs/platform/src/second-log.ts': ['@eventstore/db-client'] },
  'one-importer-of-ioredis': { 'libs/platform/src/second-redis.ts': ['ioredis'] },
  'no-development-packages': { 'libs/licensing/src/jesting.ts': ['@jest/globals'] },
};

const soundImports: Record<string, string[]> = {
  'libs/licensing/src/index.ts': ['./inner.js'],
  'libs/licensing/src/inner.ts': [],
  'libs/event-store/src/index.ts': ['./esdb-log.js'],
  'libs/event-store/src/esdb-log.ts': ['@eventstore/db-client'],
  'libs/read-store/src/index.ts': ['./redis-store.js'],
  'libs/read-store/src/redis-store.ts': ['ioredis'],
  'libs/embedded-event-store/src/index.ts': [],
  'libs/platform/src/index.ts': ['#licensing', '#event-store'],
  'projections/index.ts': ['#licensing', '#read-store'],
  'apps/api/main.ts': ['./src/inner.js', '#platform', '#projections', '#event-store'],
  'apps/api/src/inner.ts': [],
};

describe('layers', () => {
  it('imports point one way in this repository', () => {
    expect(brokenRules(root)).toEqual([]);
  });

  it('the check accepts a sound tree, and each of its rules catches what it is for', () => {
    expect(Object.keys(canaryImports).toSorted()).toEqual(layers.forbidden.map(({ name }) => name).toSorted());
    expect(withTree([soundImports], brokenRules)).toEqual([]);
    expect(withTree([soundImports, ...Object.values(canaryImports)], brokenRules)).toEqual(Object.keys(canaryImports).toSorted());
  });
});

/** What a text must not contain, in which files; `canary` breaks the rule. */
interface TextRule {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly files: (path: string) => boolean;
  readonly canary: string;
}

const isProduct = (path: string) => /^(apps|libs|projections)\//.test(path) && !isTest(path);
const isTest = (path: string) => /\.spec\.ts$|\/testing\/|^test\//.test(path);

const textRules: TextRule[] = [
  {
    rule: 'only the clock reads the wall',
    pattern: /\bDate\.now\(|new Date\(\s*\)|(?<!new )\bDate\(\s*\)/,
    // The embedded event store is a server of its own and stamps its records as any EventStoreDB does; nothing in the product reads that.
    // So does the name of a folder that was put aside.
    files: (path) =>
      isProduct(path) && !/^libs\/(platform\/src\/clock\.ts|embedded-event-store\/|read-store\/src\/lmdb-folder\.ts)/.test(path),
    canary: 'const at = new Date( );',
  },
  {
    rule: 'only the settings, the log level, the supervisor, the command line and the start of the event store look at the environment',
    pattern: /process\.env\b/,
    files: (path) =>
      isProduct(path) && !/^libs\/platform\/src\/(settings|log)\.ts$|^apps\/(ledger|cli)\/|^apps\/event-store\/main\.ts$/.test(path),
    canary: "const port = process.env['PORT'];",
  },
  {
    rule: 'nothing is random in the domain or in a view',
    pattern: /Math\.random|randomUUID|randomBytes/,
    files: (path) => /^(libs\/licensing|projections)\//.test(path) && !isTest(path),
    canary: 'const lotId = randomUUID();',
  },
  {
    rule: 'nothing is mocked, focused or left to do in a test',
    pattern: /jest\.(fn|mock|spyOn)\(|\b(it|describe|test)\.(only|todo)\b|\bx(it|describe)\(/,
    files: (path) => isTest(path) && path !== 'test/architecture.spec.ts',
    canary: 'const send = jest.fn();',
  },
  {
    rule: 'nothing is left unfinished',
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    files: (path) => path !== 'test/architecture.spec.ts',
    canary: '// TODO: later',
  },
];

describe('what a file may say', () => {
  const sources = filesOf(root, ['apps', 'libs', 'projections', 'test', 'bench']).map((path) => ({ path, text: codeOf(join(root, path)) }));

  it.each(textRules)('$rule', ({ pattern, files }) => {
    expect(sources.filter(({ path, text }) => files(path) && pattern.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it.each(textRules)('the check "$rule" catches what it is for, and looks at some files', ({ pattern, files, canary }) => {
    expect(pattern.test(canary)).toBe(true);
    expect(sources.some(({ path }) => files(path))).toBe(true);
  });

  it('no file is longer than 400 lines', () => {
    expect(sources.filter(({ text }) => text.split('\n').length > 401).map(({ path }) => path)).toEqual([]);
  });

  it('every alias of package.json leads to a source', () => {
    const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const { source } of Object.values<{ source: string }>(imports)) expect(readFileSync(join(root, source), 'utf8')).not.toBe('');
  });
});

/** The names of the rules that a tree breaks, each once, sorted. */
function brokenRules(tree: string): string[] {
  const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const words = [cruiser, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', 'apps', 'libs', 'projections'];
  const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: tree, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (stdout === '') throw new Error(`the layer check did not run: ${stderr}`);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string; to: string }[] } };
  if (tree === root) for (const { rule, from, to } of summary.violations) process.stderr.write(`${rule.name}: ${from} → ${to}\n`);
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].toSorted();
}

function withTree<Answer>(parts: Record<string, string[]>[], look: (tree: string) => Answer): Answer {
  const tree = mkdtempSync(join(tmpdir(), 'layers-'));
  try {
    for (const name of ['package.json', 'tsconfig.json']) writeFileSync(join(tree, name), readFileSync(join(root, name)));
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
    for (const [path, imports] of parts.flatMap((part) => Object.entries(part))) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      const lines = imports.map((name, index) => `import * as part${index} from '${name}';\nexport { part${index} };`);
      writeFileSync(join(tree, path), `${lines.join('\n')}\nexport const here = '${path}';\n`);
    }
    return look(tree);
  } finally {
    rmSync(tree, { recursive: true });
  }
}

function filesOf(top: string, folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(top, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1)),
  );
}

/** Without comments, except for what a comment itself is looked at for. */
function codeOf(file: string): string {
  return readFileSync(file, 'utf8').replace(/^\s*(\/\/|\/?\*)(?!.*\b(TODO|FIXME|XXX|HACK)\b).*$/gm, '');
}
