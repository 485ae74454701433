import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { readLicenseFileKeyText } from './license-file-key-text.js';

/** A variable of the environment: its default as text (absent: not set), what it means for a reader of the README, and how its text is read. */
export interface Setting<Value> {
  readonly name: string;
  readonly default: string | undefined;
  readonly meaning: string;
  /** Errors: Error with what is expected, without the variable's name and, for secrets, without its value. */
  readonly parse: (text: string) => Value;
  /** Is a secret or may carry one: never logged or printed. */
  readonly secret?: true;
}

/** Every setting there is. The README's table and the check of docker-compose.yml are made from this. */
export const settingsTable = {
  eventStoreUrl: optional(
    'EVENTSTORE_URL',
    'The event store, `esdb://…`; absent: the embedded one',
    oneOfSchemes('esdb', 'esdb+discover', 'kurrentdb'),
    'secret',
  ),
  redisUrl: optional(
    'REDIS_URL',
    'Where read models are kept, `redis://…` or `rediss://…`, several separated by commas for a cluster; absent: embedded',
    redisHosts,
    'secret',
  ),
  dataDir: required(
    'DATA_DIR',
    './data',
    'The folder of the embedded stores, of the generated secrets, and of snapshots, which may be deleted at any time',
    (text) => resolve(text),
  ),
  host: required('HOST', '127.0.0.1', 'The address the API listens on', notEmpty),
  port: required('PORT', '3000', 'The port of the API; 0 takes any free one', port),
  eventStorePort: required('EVENTSTORE_PORT', '2113', 'The port of the embedded event store; 0 takes any free one', port),
  healthPort: optional(
    'HEALTH_PORT',
    'Where a projector or automations process of its own answers `/health/live` and `/metrics`; absent: nowhere',
    port,
  ),
  operatorLogin: required('OPERATOR_LOGIN', 'operator', 'The login of the first operator, made when there is no such user yet', login),
  operatorPassword: optional(
    'OPERATOR_PASSWORD',
    'The password of the first operator; absent: made at the first start and printed once',
    password,
    'secret',
  ),
  jwtSecret: optional(
    'JWT_SECRET',
    'Signs access tokens, at least 32 characters; generated for embedded stores, required with `EVENTSTORE_URL`',
    longSecret,
    'secret',
  ),
  accessTokenMinutes: required('ACCESS_TOKEN_MINUTES', '60', 'How long a sign-in lasts', wholeNumber(1, 1440)),
  storeSecret: optional(
    'STORE_SECRET',
    'Verifies the calls and link tokens of the shop, `whsec_…`; generated for embedded stores',
    webhookSecret,
    'secret',
  ),
  paymentSecret: optional(
    'PAYMENT_SECRET',
    'Verifies the calls of the payment provider, `whsec_…`; generated for embedded stores',
    webhookSecret,
    'secret',
  ),
  provisioningSecret: optional(
    'PROVISIONING_SECRET',
    'Verifies the calls of the provisioning service, `whsec_…`; generated for embedded stores',
    webhookSecret,
    'secret',
  ),
  licenseFileKey: optional(
    'LICENSE_FILE_KEY',
    'Signs license files: a private Ed25519 key in PEM, then those it took over from; generated for embedded stores, absent otherwise: none are issued',
    (text) => readLicenseFileKeyText(text).join('\n'),
    'secret',
  ),
  smtpUrl: optional(
    'SMTP_URL',
    'Where mail is handed over, `smtp://user:password@host:587` or `smtps://…`; absent: it is written to `outbox` in the data folder',
    oneOfSchemes('smtp', 'smtps'),
    'secret',
  ),
  mailFrom: optional(
    'MAIL_FROM',
    'Who mail is from, `name@example.com` or `Name <name@example.com>`; required with `SMTP_URL`',
    mailAddress,
  ),
  supportEmail: optional(
    'SUPPORT_EMAIL',
    'Where users write for help, `help@example.com`: the overview shows it, and answers to mails go there',
    bareMailAddress,
  ),
  drawdownApproverRole: required(
    'DRAWDOWN_APPROVER_ROLE',
    'accounting',
    "Who approves and rejects drawdowns: `accounting`, `operator`, or `partner` for other users of the partner's own account",
    oneOf('accounting', 'operator', 'partner'),
  ),
  trustedProxies: optional(
    'TRUSTED_PROXIES',
    'Addresses or networks, separated by commas, whose `X-Forwarded-For` tells the address of a caller; absent: nobody is believed',
    networks,
  ),
  limitBodyBytes: required('LIMIT_BODY_BYTES', '1048576', 'The largest body of a request, in bytes', wholeNumber(1024, 67_108_864)),
  limitSignInPerMinute: required('LIMIT_SIGN_IN_PER_MINUTE', '300', 'Sign-ins a minute and address', wholeNumber(1, 1_000_000)),
  limitRequestsPerMinute: required('LIMIT_REQUESTS_PER_MINUTE', '60000', 'Requests a minute and principal', wholeNumber(1, 100_000_000)),
  ledgerCacheBytes: required(
    'LEDGER_CACHE_BYTES',
    '134217728',
    'Memory for the states of recently used streams, in bytes and process',
    wholeNumber(1_048_576, 68_719_476_736),
  ),
  logLevel: required(
    'LOG_LEVEL',
    'info',
    'How much is logged: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  ),
  sandbox: required('SANDBOX', 'false', '`true` lets an operator move the time forwards; embedded stores only', trueOrFalse),
} as const satisfies Record<string, Setting<unknown>>;

type Table = typeof settingsTable;
export type Settings = {
  readonly [Key in keyof Table]: Table[Key] extends { default: undefined }
    ? ReturnType<Table[Key]['parse']> | undefined
    : ReturnType<Table[Key]['parse']>;
};

/** One or more variables cannot be used as they are. The message names each, with what is expected. */
export class SettingsInvalid extends Error {
  constructor(readonly findings: readonly string[]) {
    super(`The settings cannot be used:\n${findings.map((finding) => `  ${finding}`).join('\n')}`);
    this.name = 'SettingsInvalid';
  }
}

/** The settings in an environment; an empty variable counts as absent. Errors: SettingsInvalid, with all that is wrong at once. */
export function readSettings(environment: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const findings: string[] = [];
  const values = Object.entries<Setting<unknown>>(settingsTable).map(([key, setting]) => {
    const text = environment[setting.name] || setting.default;
    try {
      return [key, text === undefined ? undefined : setting.parse(text)];
    } catch (error) {
      findings.push(`${setting.name}: ${(error as Error).message}${setting.secret ? '' : `, not '${text}'`}`);
      return [key, undefined];
    }
  });
  const settings = Object.fromEntries(values) as Settings;
  findings.push(...(findings.length === 0 ? contradictions(settings) : []));
  if (findings.length > 0) throw new SettingsInvalid(findings);
  return settings;
}

function contradictions(settings: Settings): string[] {
  const findings: string[] = [];
  if (settings.sandbox && settings.eventStoreUrl) findings.push('SANDBOX: is for embedded stores only; EVENTSTORE_URL must not be set');
  if (settings.sandbox && settings.redisUrl) findings.push('SANDBOX: is for embedded stores only; REDIS_URL must not be set');
  if (settings.eventStoreUrl && !settings.jwtSecret)
    findings.push('JWT_SECRET: must be set when EVENTSTORE_URL is, so that all API processes accept the same tokens');
  if (settings.smtpUrl && !settings.mailFrom)
    findings.push('MAIL_FROM: must be set when SMTP_URL is: mail servers refuse what is from nobody');
  return findings;
}

function required<Value>(name: string, fallback: string, meaning: string, parse: (text: string) => Value) {
  return { name, default: fallback, meaning, parse };
}

function optional<Value>(name: string, meaning: string, parse: (text: string) => Value, secret?: 'secret') {
  return { name, default: undefined, meaning, parse, ...(secret ? { secret: true as const } : {}) };
}

function notEmpty(text: string): string {
  if (text.trim() === '') throw new Error('must not be empty');
  return text.trim();
}

function port(text: string): number {
  return wholeNumber(0, 65_535)(text);
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(number >= least && number <= most)) throw new Error(`must be a whole number from ${least} to ${most}`);
    return number;
  };
}

function trueOrFalse(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Error("must be 'true' or 'false'");
  return text === 'true';
}

function oneOf<const Choice extends string>(...choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (!choice) throw new Error(`must be one of ${choices.join(', ')}`);
    return choice;
  };
}

function oneOfSchemes(...schemes: readonly string[]): (text: string) => string {
  return (text) => {
    if (!schemes.some((scheme) => text.startsWith(`${scheme}://`) && text.length > scheme.length + 3))
      throw new Error(`must begin with ${schemes.map((scheme) => `${scheme}://`).join(' or ')} and name a host`);
    return text;
  };
}

function redisHosts(text: string): string {
  text.split(',').forEach((url) => oneOfSchemes('redis', 'rediss')(url.trim()));
  return text;
}

function networks(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim());
  for (const part of parts) {
    const [address = '', bits, ...rest] = part.split('/');
    const bitsMax = isIP(address) === 6 ? 128 : 32;
    if (isIP(address) === 0 || rest.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax)))
      throw new Error("must be IP addresses or networks such as '10.0.0.0/8', separated by commas");
  }
  return parts;
}

/** `name@example.com`, or `Name <name@example.com>`. */
function mailAddress(text: string): string {
  if (!/^(?:[^<>@\r\n]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(text.trim()))
    throw new Error("must be an e-mail address, such as 'licenses@example.com' or 'Licenses <licenses@example.com>'");
  return text.trim();
}

function bareMailAddress(text: string): string {
  if (!/^[^\s<>@]+@[^\s<>@]+$/.test(text.trim())) throw new Error("must be an e-mail address, such as 'help@example.com'");
  return text.trim();
}

function login(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length < 1 || trimmed.length > 254) throw new Error('must have 1 to 254 characters');
  return trimmed;
}

function password(text: string): string {
  if (text.length < 8 || text.length > 256) throw new Error('must have 8 to 256 characters');
  return text;
}

function longSecret(text: string): string {
  if (text.length < 32) throw new Error(`must have at least 32 characters; it has ${text.length}`);
  return text;
}

/** Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */
function webhookSecret(text: string): string {
  const bytes = text.startsWith('whsec_') ? Buffer.from(text.slice(6), 'base64').length : 0;
  if (bytes < 24 || bytes > 64) throw new Error("must be 'whsec_' followed by 24 to 64 bytes in base64");
  return text;
}
