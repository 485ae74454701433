// `npm run demo`: plays the stories of three portals over HTTP and prints what happened, as a person would want to read it.
import { parseArgs } from 'node:util';
import { bringBuildUpToDate } from './build.js';
import { Teller } from './demo/teller.js';
import { playStory } from './demo/story.js';
import { startTemporaryLedger } from './demo/temporary-ledger.js';

const usage = `Plays three stories over HTTP and prints each call, the balances before and after, the history found, the refusals and the facts stored:
a partner of i-PRO gives licenses to its customers, one of Automation Anywhere draws down an order, a customer of Colt buys and cancels.

Usage: npm run demo                                  starts a temporary ledger, plays, and removes it again
       npm run demo -- --url http://127.0.0.1:3000   plays on a running one; adds partners and customers of its own

  --url URL            where a ledger runs (LEDGER_URL)
  --login LOGIN        its operator (OPERATOR_LOGIN, 'operator')
  --password PASSWORD  the operator's password (OPERATOR_PASSWORD)
  --store-secret TEXT  'whsec_…', to play the shop's part too (STORE_SECRET; the ledger keeps its own in DATA_DIR/secrets.json)
  --help               prints this
`;

const text = { type: 'string' };
let options;
try {
  options = parseArgs({
    options: { url: text, login: text, password: text, 'store-secret': text, help: { type: 'boolean' } },
  }).values;
} catch (error) {
  fail(`${error.message}\n\n${usage}`);
}
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const url = options.url ?? process.env.LEDGER_URL;
const password = options.password ?? process.env.OPERATOR_PASSWORD;
if (url !== undefined && password === undefined) fail('Playing on a running ledger needs its operator: --password or OPERATOR_PASSWORD.');
if (url === undefined && !bringBuildUpToDate()) process.exit(1);

const teller = new Teller();
let temporary;
try {
  temporary = url === undefined ? await startTemporaryLedger() : undefined;
  const ledger = temporary ?? {
    url: url.replace(/\/+$/, ''),
    login: options.login ?? process.env.OPERATOR_LOGIN ?? 'operator',
    password,
    storeSecret: options['store-secret'] ?? process.env.STORE_SECRET,
  };
  await playStory(ledger, teller);
} catch (error) {
  process.exitCode = 1;
  console.error(`\nThe story broke off: ${error.cause?.code ?? error.cause?.message ?? ''} ${error.message}`);
} finally {
  await temporary?.stop();
}

function fail(reason) {
  console.error(reason);
  process.exit(2);
}
