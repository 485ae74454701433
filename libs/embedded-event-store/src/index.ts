export { startEventStore, type EventStore, type EventStoreOptions } from './server.js';
export { DamagedLogError } from './storage/errors.js';
export { copyFile, hashOfFile, syncFolderOf, type CopiedFile, type CopyOptions } from './storage/file-copy.js';
export { FolderInUseError } from './storage/folder-lock.js';
export { copyLog, readLog, type LogContents, type LogCopy } from './storage/log-copy.js';
