import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeEventStoreAccess, readEventStoreAccess } from './event-store-access.js';
import { eventStoreUrl } from './event-store-url.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'access & more-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe('the access to the embedded event store', () => {
  it('is made once for a data folder, for its owner only', async () => {
    const access = await makeEventStoreAccess(dataDir);
    expect((await makeEventStoreAccess(dataDir)).password).toBe(access.password);
    const modes = [join(dataDir, 'event-store-access'), access.certificateFile, access.keyFile].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600, 0o600]);
    expect(readdirSync(dataDir)).toEqual(['event-store-access']);
    expect(access.password).toHaveLength(43);
    expect(new X509Certificate(readFileSync(access.certificateFile)).checkHost('localhost')).toBe('localhost');
  });

  it('is one, when several processes make it at once, and leaves nothing else behind', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => makeEventStoreAccess(dataDir)));
    expect(new Set(all.map(({ password }) => password)).size).toBe(1);
    expect(readdirSync(dataDir)).toEqual(['event-store-access']);
  });

  it('differs from folder to folder', async () => {
    const [one, other] = await Promise.all(['a', 'b'].map((name) => makeEventStoreAccess(join(dataDir, name))));
    expect(one!.password).not.toBe(other!.password);
  });

  it('is in the address that all processes of the folder use; without it the store is an open one, and EVENTSTORE_URL counts more', async () => {
    const settings = { dataDir, eventStorePort: 2113, eventStoreUrl: undefined };
    expect(readEventStoreAccess(dataDir)).toBeUndefined();
    expect(eventStoreUrl(settings)).toBe('esdb://127.0.0.1:2113?tls=false');
    const { password, certificateFile } = await makeEventStoreAccess(dataDir);
    const url = `esdb://ledger:${password}@localhost:2113?tls=true&tlsCAFile=${encodeURIComponent(certificateFile)}`;
    expect(eventStoreUrl(settings)).toBe(url);
    expect(eventStoreUrl({ ...settings, eventStoreUrl: 'esdb://elsewhere:2113' })).toBe('esdb://elsewhere:2113');
  });
});
