import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Written by every build that changed something; its time is set to the start of the build that it stands for.
const stamp = join(root, 'dist', 'build.tsbuildinfo');

/** Builds what is missing or older than its source, saying so. Answers false, with the reason printed, when that is not possible. */
export function bringBuildUpToDate() {
  if (!existsSync(join(root, 'node_modules'))) return complain('The dependencies are not installed: run `npm ci` first.');
  const reason = whyStale();
  if (reason === undefined) return true;
  const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  if (!existsSync(nest))
    return complain(`The build has to be made anew (${reason}), which needs the development dependencies: run \`npm ci\`.`);

  console.log(`Building (${reason}) …`);
  const startedAt = new Date();
  const { status } = spawnSync(process.execPath, [nest, 'build', 'ledger'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) return complain('The build failed, so nothing was started.');
  utimesSync(stamp, startedAt, startedAt);
  console.log(`Built in ${((Date.now() - startedAt.getTime()) / 1_000).toFixed(1)} s.`);
  return true;
}

/** In words for a person; undefined when the build is up to date. */
function whyStale() {
  const sources = ['apps', 'libs', 'projections'].flatMap(sourcesIn);
  const missing = sources.filter((source) => !existsSync(builtFrom(source)));
  const builtAt = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  // The compiler would believe its notes and not write again what somebody removed.
  if (missing.some((source) => statSync(source).mtimeMs <= builtAt)) rmSync(stamp);
  if (missing.length > 0) return missing.length === sources.length ? 'for the first time' : `${relative(root, missing[0])} is new`;
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => join(root, name));
  const newer = [...sources, ...settings].find((file) => existsSync(file) && statSync(file).mtimeMs > builtAt);
  return newer === undefined ? undefined : `${relative(root, newer)} has changed`;
}

function sourcesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function builtFrom(source) {
  return join(root, 'dist', relative(root, source)).replace(/\.ts$/, '.js');
}

function complain(text) {
  console.error(text);
  return false;
}
