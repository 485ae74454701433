// Imports point one way (docs/decisions, README "Where things are"). test/architecture.spec.ts runs these rules on small made-up trees that break
// each of them, so that a rule that no longer catches anything is noticed.

/** @type {(name: string, comment: string, from: object, to: object) => object} */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const domain = '^libs/licensing/';
const log = '^libs/event-store/';
const views = '^libs/read-store/';
const server = '^libs/embedded-event-store/';
const platform = '^libs/platform/';
const questions = '^projections/';
const processes = '^apps/';
const tests = '\\.(spec|contract)\\.ts$|/testing/|^test/|^bench/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    forbid(
      'no-circle',
      'A circle has no order to start it in. Types may point back: they are gone when the program runs.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid('resolves', 'An import that leads nowhere.', {}, { couldNotResolve: true }),
    forbid(
      'licensing-imports-nothing',
      'The domain knows nothing outside itself: no store, no framework, no clock.',
      { path: domain, pathNot: tests },
      { pathNot: [domain, '(^|/)node_modules/(ajv|(@types/)?big\\.js|uuid)/'] },
    ),
    forbid(
      'event-store-knows-shapes-only',
      'The log serves any facts.',
      { path: log, pathNot: tests },
      { path: [domain, views, server, platform, questions, processes] },
    ),
    forbid(
      'read-store-knows-shapes-only',
      'The view machinery serves any events.',
      { path: views, pathNot: tests },
      { path: [domain, server, platform, questions, processes] },
    ),
    forbid(
      'read-store-follows-any-log',
      'Of the log it knows the shape (types) only.',
      { path: views, pathNot: tests },
      { path: log, dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'embedded-server-knows-shapes-only',
      'It is an event store like any other.',
      { path: server, pathNot: tests },
      { path: [domain, log, views, platform, questions, processes] },
    ),
    forbid(
      'platform-below-questions',
      'What processes share knows the domain’s words and the log’s shapes only.',
      { path: platform, pathNot: tests },
      { path: [views, server, questions, processes] },
    ),
    forbid(
      'projections-read-facts',
      'A question is answered from facts, by the view machinery.',
      { path: questions, pathNot: tests },
      { path: [log, server, platform, processes] },
    ),
    forbid('nothing-imports-apps', 'Processes are at the top.', { path: '^(libs|projections)/', pathNot: tests }, { path: processes }),
    forbid(
      'apps-stand-apart',
      'One process never reaches into another one’s parts.',
      { path: '^apps/([^/]+)/', pathNot: tests },
      { path: processes, pathNot: '^apps/$1/' },
    ),
    forbid(
      'libs-by-their-index',
      'Others use a library by its alias, not by its inner files.',
      { path: '^(apps/[^/]+|libs/[^/]+|projections)/', pathNot: tests },
      {
        path: '^libs/([^/]+)/src/',
        pathNot: ['^$1/', '^libs/[^/]+/src/index\\.ts$'],
      },
    ),
    forbid(
      'one-importer-of-the-event-store-client',
      'Its defects are guarded against in one place.',
      { pathNot: `${tests}|${log}src/esdb-log\\.ts$|${server}` },
      { path: 'node_modules/@eventstore/db-client' },
    ),
    forbid(
      'one-importer-of-ioredis',
      'Redis is spoken to in one place.',
      { pathNot: `${tests}|${views}src/redis[^/]*\\.ts$` },
      { path: 'node_modules/ioredis' },
    ),
    forbid(
      'no-development-packages',
      'What runs in production must not need development dependencies.',
      { path: '^(apps|libs|projections)/', pathNot: tests },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['source', 'import', 'node', 'default', 'types'], exportsFields: ['exports'] },
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: ['^dist/', '^node_modules/.*/node_modules/'] },
  },
};
