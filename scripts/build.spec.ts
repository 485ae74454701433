import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { noteBuilt, whyStale } from './build.js';

let root: string;
const [before, built, later] = [1_000, 2_000, 3_000].map((seconds) => new Date(seconds * 1_000));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'build-'));
  const settings = { include: ['apps/**/*.ts', 'libs/**/*.ts'], exclude: ['**/*.spec.ts', '**/testing/**'] };
  write('tsconfig.build.json', JSON.stringify(settings));
  for (const path of [
    'apps/api/main.ts',
    'libs/log/src/index.ts',
    'libs/log/src/index.spec.ts',
    'libs/log/testing/store.ts',
    'libs/read.me',
  ])
    write(path);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text = '', at = before): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  utimesSync(join(root, path), at!, at!);
}

function build(): void {
  for (const path of ['dist/apps/api/main.js', 'dist/libs/log/src/index.js', 'dist/build.tsbuildinfo']) write(path);
  noteBuilt(root, built);
}

describe('the build', () => {
  it('is made for the first time, and then stands', () => {
    expect(whyStale(root)).toBe('for the first time');
    build();
    expect(whyStale(root)).toBeUndefined();
  });

  it.each(['apps/api/main.ts', 'tsconfig.build.json'])('is made anew when %s is newer', (path) => {
    build();
    utimesSync(join(root, path), later!, later!);
    expect(whyStale(root)).toBe(`${path} has changed`);
  });

  it('is not made for what only tests use', () => {
    build();
    for (const path of ['libs/log/src/index.spec.ts', 'libs/log/testing/store.ts', 'libs/read.me'])
      utimesSync(join(root, path), later!, later!);
    expect(whyStale(root)).toBeUndefined();
  });

  it('is made anew after one that failed, however new its files are', () => {
    build();
    write('libs/log/src/broken.ts', '', later);
    write('dist/libs/log/src/broken.js', '', later);
    expect(whyStale(root)).toBe('libs/log/src/broken.ts has changed');
  });

  it('forgets the compiler’s notes when something built was removed, and keeps them for a new source', () => {
    build();
    write('libs/log/src/fresh.ts', '', later);
    expect(whyStale(root)).toBe('libs/log/src/fresh.ts is not built');
    expect(existsSync(join(root, 'dist/build.tsbuildinfo'))).toBe(true);
    rmSync(join(root, 'dist/apps/api/main.js'));
    expect(whyStale(root)).toBe('apps/api/main.ts is not built');
    expect(existsSync(join(root, 'dist/build.tsbuildinfo'))).toBe(false);
  });
});
