import { expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { settingsTable, type Setting } from '#platform';

const readme = readFileSync('README.md', 'utf8');

it('lists every setting with its default and meaning, as the settings module has them', () => {
  const table = /<!-- settings:[^>]*-->\n([\s\S]*?)<!-- \/settings -->/.exec(readme)?.[1];
  expect(table).toBe(asMarkdown(Object.values<Setting<unknown>>(settingsTable)));
});

it('names only files and folders that are there', () => {
  const named = [...readme.matchAll(/`((?:apps|libs|projections|test|docs|bench)\/[\w./-]+)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});

function asMarkdown(settings: readonly Setting<unknown>[]): string {
  const rows = settings.map(
    ({ name, default: fallback, meaning }) => `| \`${name}\` | ${fallback ? `\`${fallback}\`` : ''} | ${meaning} |\n`,
  );
  return `| variable | default | meaning |\n|---|---|---|\n${rows.join('')}`;
}
