export * from './event-log.js';
export * from './metadata.js';
export * from './aggregate.js';
