import { expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settingsTable, type Setting } from '#platform';

const readme = readFileSync('README.md', 'utf8');
const decisions = readdirSync('docs/decisions').filter((name) => /^\d{3}-/.test(name));

it('lists every setting with its default and meaning, as the settings module has them', () => {
  const table = /<!-- settings:[^>]*-->\n([\s\S]*?)<!-- \/settings -->/.exec(readme)?.[1];
  expect(table).toBe(asMarkdown(Object.values<Setting<unknown>>(settingsTable)));
});

/** A path from the root of the project. */
const inText = /(?<=^|[`\s(])(?:apps|libs|projections|test|docs|bench|scripts)\/[\w./-]*\w(?=$|[`\s)/:,;])/gm;

it('names only files and folders that are there', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', 'bench/store/README.md', 'test/conformance/README.md'];
  const inDocs = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  documents.push(...inDocs.map((name) => `docs/${name}`));
  const missing = documents.flatMap((document) => {
    const text = readFileSync(document, 'utf8');
    const links = [...text.matchAll(/\]\(([^):#]+)\)/g)].map(([, path]) => join(dirname(document), path!));
    const named = [...text.matchAll(inText)].map(([path]) => path);
    return [...links, ...named].filter((path) => !existsSync(path) && !path.startsWith('bench/out')).map((path) => `${document}: ${path}`);
  });
  expect(missing).toEqual([]);
});

it('has every decision in the index, under its title', () => {
  const titleOf = (name: string) => /^# \d{3}: (.*)\n/.exec(readFileSync(`docs/decisions/${name}`, 'utf8'))?.[1];
  const index = readFileSync('docs/decisions/README.md', 'utf8');
  const listed = [...index.matchAll(/^- \[(\d{3})\]\((.*?)\) (.*)$/gm)].map(([, number, name, title]) => [number, name, title]);
  expect(listed).toEqual(decisions.toSorted().map((name) => [name.slice(0, 3), name, titleOf(name)]));
});

function asMarkdown(settings: readonly Setting<unknown>[]): string {
  const rows = settings.map(
    ({ name, default: fallback, meaning }) => `| \`${name}\` | ${fallback ? `\`${fallback}\`` : ''} | ${meaning} |\n`,
  );
  return `| variable | default | meaning |\n|---|---|---|\n${rows.join('')}`;
}
