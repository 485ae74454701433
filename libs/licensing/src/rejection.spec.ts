import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rejected, type RejectionCode, rejections } from './rejection.js';

const root = join(import.meta.dirname, '../../..');
const catalogue = join('libs', 'licensing', 'src', 'rejection.ts');

/** Everything that runs: the sources of libs, apps and projections, without specs and the catalogue itself. */
function sources(): string[] {
  const folders = ['libs', 'apps', 'projections'].filter((folder) => existsSync(join(root, folder)));
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const running = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && name !== catalogue);
  return running.map((name) => readFileSync(join(root, name), 'utf8'));
}

describe('The catalogue of refusals', () => {
  it('has no code that nothing refuses with', () => {
    const used = new Set(sources().flatMap((source) => [...source.matchAll(/'([A-Z][A-Z_]+)'/g)].map((match) => match[1]!)));
    expect(Object.keys(rejections).filter((code) => !used.has(code))).toEqual([]);
  });

  it('has every code that something refuses with', () => {
    const thrown = sources().flatMap((source) => [...source.matchAll(/new Rejected\(\s*'([A-Z_]+)'/g)].map((match) => match[1]!));
    expect(thrown.length).toBeGreaterThan(10);
    expect(thrown.filter((code) => !(code in rejections))).toEqual([]);
  });

  it.each(Object.keys(rejections) as RejectionCode[])('says %s in a sentence, with a status that fits', (code) => {
    expect(rejections[code].title).toMatch(/^[A-Za-z].{10,}[^.]$/);
    expect([400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 429, 431, 500, 503]).toContain(rejections[code].status);
    expect(code.endsWith('_NOT_FOUND')).toBe(rejections[code].status === 404 && code !== 'STORE_ACCOUNT_NOT_LINKED');
  });

  it('is what a refusal tells: code, sentence, numbers and status', () => {
    const refusal = new Rejected('POOL_EXHAUSTED', '3 requested, 2 available.', { requested: 3, available: 2 });
    expect(refusal).toMatchObject({ code: 'POOL_EXHAUSTED', status: 409, detail: '3 requested, 2 available.', members: { requested: 3 } });
    expect(refusal.message).toBe('POOL_EXHAUSTED: 3 requested, 2 available.');
  });
});
