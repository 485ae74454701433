import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = dirname(dirname(fileURLToPath(import.meta.url)));

/** Builds what is missing or older than its source, saying so. Answers false, with the reason printed, when that is not possible. */
export function bringBuildUpToDate() {
  if (!existsSync(join(project, 'node_modules'))) return complain('The dependencies are not installed: run `npm ci` first.');
  const reason = whyStale(project);
  if (reason === undefined) return true;
  const nest = join(project, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  if (!existsSync(nest))
    return complain(`The build has to be made anew (${reason}), which needs the development dependencies: run \`npm ci\`.`);

  console.log(`Building (${reason}) …`);
  const startedAt = new Date();
  const { status } = spawnSync(process.execPath, [nest, 'build', 'ledger'], { cwd: project, stdio: 'inherit' });
  if (status !== 0) return complain('The build failed, so nothing was started.');
  noteBuilt(project, startedAt);
  console.log(`Built in ${((Date.now() - startedAt.getTime()) / 1_000).toFixed(1)} s.`);
  return true;
}

/** A build that began at this time has succeeded. */
export function noteBuilt(root, startedAt) {
  writeFileSync(stampOf(root), '');
  utimesSync(stampOf(root), startedAt, startedAt);
}

const stampOf = (root) => join(root, 'dist', 'built');

/** In words for a person; undefined when the build is up to date. */
export function whyStale(root) {
  const files = sources(root);
  const missing = files.filter((source) => !existsSync(builtFrom(root, source)));
  const builtAt = existsSync(stampOf(root)) ? statSync(stampOf(root)).mtimeMs : 0;
  // The compiler would believe its notes and not write again what somebody removed.
  if (missing.some((source) => statSync(source).mtimeMs <= builtAt)) rmSync(join(root, 'dist', 'build.tsbuildinfo'), { force: true });
  if (missing.length === files.length) return 'for the first time';
  if (missing.length > 0) return `${relative(root, missing[0])} is not built`;
  if (builtAt === 0) return 'it is not known whether the last build succeeded';
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => join(root, name));
  const newer = [...files, ...settings].find((file) => existsSync(file) && statSync(file).mtimeMs > builtAt);
  return newer === undefined ? undefined : `${relative(root, newer)} has changed`;
}

/** What tsconfig.build.json includes. */
function sources(root) {
  const { include, exclude } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  const [wanted, unwanted] = [include.map(asPattern), exclude.map(asPattern)];
  return [...new Set(include.map((glob) => glob.split('/')[0]))]
    .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => {
      const path = relative(root, file).replaceAll('\\', '/');
      return wanted.some((pattern) => pattern.test(path)) && !unwanted.some((pattern) => pattern.test(path));
    });
}

function asPattern(glob) {
  const parts = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '.': '\\.' };
  return new RegExp(`^${glob.replaceAll(/\*\*\/|\*\*|\*|\./g, (part) => parts[part])}(?:/.*)?$`);
}

function builtFrom(root, source) {
  return join(root, 'dist', relative(root, source)).replace(/\.ts$/, '.js');
}

function complain(text) {
  console.error(text);
  return false;
}
