export * from './settings.js';
export * from './secrets.js';
export * from './log.js';
export * from './run-process.js';
export * from './event-store-url.js';
export * from './authorization.js';
