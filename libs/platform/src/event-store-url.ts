import { readEventStoreAccess } from './event-store-access.js';
import type { Settings } from './settings.js';

/**
 * Where the event store is: EVENTSTORE_URL, or the embedded one on this machine. `npm start` tells the processes it starts the
 * embedded store's true port by EVENTSTORE_PORT and leaves EVENTSTORE_URL unset, so that whatever depends on embedded stores holds for them
 * too. The credentials for it are in the data folder that they share; without any there, the store is taken to be an open one.
 */
export function eventStoreUrl(settings: Pick<Settings, 'eventStoreUrl' | 'eventStorePort' | 'dataDir'>): string {
  if (settings.eventStoreUrl !== undefined) return settings.eventStoreUrl;
  const { eventStorePort: port, dataDir } = settings;
  return readEventStoreAccess(dataDir)?.url(port) ?? `esdb://127.0.0.1:${port}?tls=false`;
}
