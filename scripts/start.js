// `npm start`: brings the build up to date when a source is newer, then runs the ledger in this very process, so that signals need no forwarding.
import { bringBuildUpToDate } from './build.js';

if (!bringBuildUpToDate()) process.exit(1);
await import('../dist/apps/ledger/main.js');
