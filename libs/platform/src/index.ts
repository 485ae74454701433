export * from './settings.js';
export * from './secrets.js';
