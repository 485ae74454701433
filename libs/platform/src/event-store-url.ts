import type { Settings } from './settings.js';

/**
 * Where the event store is: EVENTSTORE_URL, or the embedded one on this machine. `npm start` tells the processes it starts the
 * embedded store's true port by EVENTSTORE_PORT and leaves EVENTSTORE_URL unset, so that whatever depends on embedded stores holds for them too.
 */
export function eventStoreUrl(settings: Pick<Settings, 'eventStoreUrl' | 'eventStorePort'>): string {
  return settings.eventStoreUrl ?? `esdb://127.0.0.1:${settings.eventStorePort}?tls=false`;
}
