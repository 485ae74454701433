import { LaunchedLedger, temporaryFolder } from './launched-ledger.js';

/** The whole process tree of `npm start`, on free ports and a data folder of its own, with secrets that the test knows. */
export interface RunningLedger {
  readonly url: string;
  readonly operatorLogin: string;
  readonly operatorPassword: string;
  readonly storeSecret: string;
  /** Everything it printed so far. */
  output(): string;
  /** Stops it in order and removes its folder. Errors: when it did not exit with 0. */
  stop(): Promise<void>;
}

const secretOf = (letter: string) => `whsec_${Buffer.alloc(32, letter).toString('base64')}`;
const storeSecret = secretOf('s');
/** What the payment provider and the provisioning service sign with, in every ledger that a test starts. */
export const paymentSecret = secretOf('p');
export const provisioningSecret = secretOf('v');
export const supportEmail = 'aide@colt.example';

/** Starts it and waits until it says where its API is. `environment` adds EVENTSTORE_URL, REDIS_URL and the like. */
export async function startLedger(environment: Record<string, string> = {}, words: readonly string[] = []): Promise<RunningLedger> {
  const folder = temporaryFolder();
  const operatorLogin = `operator-${folder.path.slice(-6)}`;
  const operatorPassword = 'correct horse battery staple';
  const signing = { STORE_SECRET: storeSecret, PAYMENT_SECRET: paymentSecret, PROVISIONING_SECRET: provisioningSecret };
  const secrets = { ...signing, JWT_SECRET: 'a secret of this test that is long enough' };
  const operator = { SUPPORT_EMAIL: supportEmail, OPERATOR_LOGIN: operatorLogin, OPERATOR_PASSWORD: operatorPassword };
  const ledger = await LaunchedLedger.start(folder.path, { ...operator, ...secrets, ...environment }, words);
  return {
    url: ledger.address.apiUrl,
    operatorLogin,
    operatorPassword,
    storeSecret,
    output: () => ledger.printed,
    async stop() {
      const exitCode = await ledger.stop();
      folder.remove();
      if (exitCode !== 0) throw new Error(`the ledger ended with exit code ${exitCode}:\n${ledger.printed}`);
    },
  };
}
