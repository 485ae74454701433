import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import colors from 'picocolors';
import { checkLicenseFile, LicenseFileKeys, licenseFileKeysFile, LicenseFileRefused, settingsTable, wallClock } from '#platform';
import { count, counted, print } from './console.js';
import { Failure } from './failure.js';
import { readTime } from './moment.js';

export interface VerifyLicenseOptions {
  readonly keys?: string;
  readonly at?: string;
}

/** Says what a license file is for, without asking anybody: the keys were saved beforehand. Errors: Failure, when it does not count. */
export async function verifyLicense(file: string, { keys, at }: VerifyLicenseOptions): Promise<void> {
  const [text, known] = await Promise.all([read(file), keys === undefined ? keysOfDataFolder() : savedKeys(keys)]);
  const content = await checkLicenseFile(text, known, at === undefined ? wallClock.nowText() : timeOf(at)).catch((error: unknown) => {
    if (!(error instanceof LicenseFileRefused)) throw error;
    throw new Failure(`${colors.red('This license does not count.')} ${file}: ${error.message}`);
  });
  const { sku, product, quantity, licensee, accountId, machine, issuedAt, expiresAt, fileId } = content;
  await print(`${colors.green('The license is genuine.')} ${counted(quantity, 'license')} of ${product} (${sku}).`);
  const rows = [
    ['for', `${licensee} (${accountId})`],
    ['on', machine ?? 'any machine'],
    ['issued', issuedAt],
    ['until', expiresAt ?? 'for ever'],
    ['file', fileId],
  ];
  for (const [name, value] of rows) await print(`  ${name!.padEnd(8)}${value}`);
}

/** A JWKS as `GET /v1/keys` answers it, from a file or an address. */
async function savedKeys(place: string): Promise<JSONWebKeySet> {
  const text = /^https?:\/\//.test(place) ? await fetched(place) : await read(place);
  const unreadable = () => new Failure(`${place} holds no keys: it must be what GET /v1/keys answers.`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw unreadable();
  }
  const { keys } = (parsed ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw unreadable();
  return { keys };
}

async function keysOfDataFolder(): Promise<JSONWebKeySet> {
  const folder = resolve(process.env[settingsTable.dataDir.name] || settingsTable.dataDir.default);
  const file = join(folder, licenseFileKeysFile);
  const pem = await readFile(file, 'utf8').catch(() => {
    throw new Failure(`There are no keys in ${folder}. Save what GET /v1/keys answers, and name it with --keys.`);
  });
  return (await LicenseFileKeys.of(pem)).published;
}

async function fetched(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (answer.ok) return await answer.text();
    throw new Error(`it answered ${count(answer.status)}`);
  } catch (error) {
    throw new Failure(`The keys at ${url} cannot be read: ${(error as Error).message}.`);
  }
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(error.code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read: ${error.message}.`);
  });
}

function timeOf(text: string): string {
  const time = readTime(text);
  if (time !== undefined) return time;
  throw new Failure(`--at takes a time such as 2026-04-01T09:00:00Z, not '${text}'.`);
}
