export { startEventStore, type EventStore, type EventStoreOptions } from './server.js';
export { DamagedLogError } from './storage/errors.js';
export { FolderInUseError } from './storage/folder-lock.js';
