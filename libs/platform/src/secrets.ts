import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.js';
import { SettingsInvalid } from './settings.js';

/** What signs and verifies. A webhook secret is undefined when it is neither set nor generated: calls signed with it are refused. */
export interface Secrets {
  readonly jwtSecret: string;
  readonly storeSecret: string | undefined;
  readonly paymentSecret: string | undefined;
  readonly provisioningSecret: string | undefined;
}

/**
 * The secrets of this installation: those set in the environment, else, with embedded stores, those in DATA_DIR/secrets.json,
 * which is made at the first start and readable by its owner only. Processes that start together agree on one file.
 */
export function readSecrets(settings: Settings): Secrets {
  const { jwtSecret, storeSecret, paymentSecret, provisioningSecret } = settings;
  if (settings.eventStoreUrl) return { jwtSecret: jwtSecret!, storeSecret, paymentSecret, provisioningSecret };
  if (jwtSecret && storeSecret && paymentSecret && provisioningSecret) return { jwtSecret, storeSecret, paymentSecret, provisioningSecret };
  const generated = readOrGenerate(settings.dataDir);
  return {
    jwtSecret: jwtSecret ?? generated.jwtSecret,
    storeSecret: storeSecret ?? generated.storeSecret,
    paymentSecret: paymentSecret ?? generated.paymentSecret,
    provisioningSecret: provisioningSecret ?? generated.provisioningSecret,
  };
}

function readOrGenerate(folder: string): Secrets {
  const file = join(folder, 'secrets.json');
  const read = readIfThere(file);
  if (read) return read;
  mkdirSync(folder, { recursive: true });
  const draft = join(folder, `secrets.${process.pid}.${randomBytes(4).toString('hex')}.json`);
  const fresh: Secrets = { jwtSecret: randomBytes(48).toString('base64url'), ...freshWebhookSecrets() };
  writeFileSync(draft, `${JSON.stringify(fresh, undefined, 2)}\n`, { mode: 0o600 });
  // A link, unlike a rename, fails when the file is there: the first of several processes wins, and nobody sees half a file.
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readIfThere(file)!;
}

function readIfThere(file: string): Secrets | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const secrets = JSON.parse(text);
    if (typeof secrets.jwtSecret === 'string' && secrets.jwtSecret.length >= 32) return secrets;
  } catch {
    // Not JSON: said below.
  }
  throw new SettingsInvalid([`DATA_DIR: ${file} is damaged; restore it, or remove it and sign in anew`]);
}

function freshWebhookSecrets() {
  const fresh = () => `whsec_${randomBytes(32).toString('base64')}`;
  return { storeSecret: fresh(), paymentSecret: fresh(), provisioningSecret: fresh() };
}
