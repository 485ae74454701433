import { parseArgs, type ParseArgsConfig } from 'node:util';

export interface Options {
  data: string;
  port: number;
  hasProjections: boolean;
  startsStandardProjections: boolean;
  appendBytesMax: number | undefined;
  appendTimeoutMs: number | undefined;
  /** Files with a certificate chain and its private key, as PEM. */
  tlsFiles: { certificate: string; key: string } | undefined;
  credentials: { user: string; password: string } | undefined;
}

/** What to do: run, or print a text and exit. */
export type Wish = { do: 'run'; options: Options } | { do: 'print'; text: string; exit: 0 | 2 };

type Environment = Readonly<Record<string, string | undefined>>;

const APPEND_BYTES_MAX = 16 * 1024 * 1024;
const TIMEOUT_MS_MAX = 3_600_000;

const USAGE = `Usage: node dist/apps/event-store/main.js --data DIR [options]

An event store in one process and one folder, for any EventStoreDB client: esdb://127.0.0.1:PORT?tls=false
It listens on this machine only, and keeps what it acknowledged through kill -9 and loss of power. What it is meant for and
what it does not do: docs/event-store.md

  --data DIR                     where the log and its index are kept; made when it is missing
  --port N                       the port to listen on (2113); 0 picks a free one
  --certificate FILE             a certificate chain, as PEM
  --key FILE                     its private key. With both only TLS is taken, and clients connect by
                                 esdb://HOST:PORT?tls=true, with &tlsCAFile=FILE where the certificate vouches for itself
  --user NAME                    who may call
  --password TEXT                others get UNAUTHENTICATED. They want TLS, too: clients such as @eventstore/db-client send
                                 credentials on encrypted connections only. A password in EVENTSTORE_PASSWORD is not
                                 seen in the list of processes
  --run-projections KIND         none (the default), system or all: whether the standard projections can be enabled; all is
                                 the same as system here, for there are no user projections
  --start-standard-projections   runs them: $streams, $stream_by_category, $by_category, $by_event_type, $by_correlation_id
  --help                         print this

From the environment, where the command line leaves them open; the names are a real node's where it has one:
  EVENTSTORE_USER, EVENTSTORE_PASSWORD    as --user and --password
  EVENTSTORE_CERTIFICATE_FILE,            as --certificate and --key
  EVENTSTORE_CERTIFICATE_PRIVATE_KEY_FILE
  EVENTSTORE_MAX_APPEND_SIZE              bytes of data an append may hold together (1048576, at most 16777216)
  EVENTSTORE_COMMIT_TIMEOUT_MS,           an append that the disk has not confirmed after both together is answered as timed
  EVENTSTORE_PREPARE_TIMEOUT_MS           out, its outcome unknown; when neither is set, it waits for the disk
  EVENTSTORE_RUN_PROJECTIONS              as --run-projections
  EVENTSTORE_START_STANDARD_PROJECTIONS   true or false, as --start-standard-projections

The line "event store listening on 127.0.0.1:PORT, data in DIR" says that it takes calls. SIGINT or SIGTERM stops it: what was
accepted is answered first. One process works on a folder at a time. Exit codes: 0 stopped, 1 failed, 2 wrong arguments.
`;

const OPTIONS = {
  data: { type: 'string' },
  port: { type: 'string', default: '2113' },
  'run-projections': { type: 'string' },
  'start-standard-projections': { type: 'boolean' },
  certificate: { type: 'string' },
  key: { type: 'string' },
  user: { type: 'string' },
  password: { type: 'string' },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsConfig['options'];

/** Reads the command line, then what the environment says of what it leaves open. */
export function readOptions(args: string[], environment: Environment): Wish {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    if (values.help) return { do: 'print', text: USAGE, exit: 0 };
    if (values.data === undefined || values.data === '') throw new WrongUsage('--data is missing.', true);
    const startsStandardProjections =
      values['start-standard-projections'] ??
      truth('EVENTSTORE_START_STANDARD_PROJECTIONS', environment['EVENTSTORE_START_STANDARD_PROJECTIONS']);
    const options = {
      data: values.data,
      port: wholeNumber('--port', values.port, 0, 65_535),
      startsStandardProjections,
      hasProjections: startsStandardProjections || runsProjections(values['run-projections'], environment),
      appendBytesMax: fromEnvironment(environment, 'EVENTSTORE_MAX_APPEND_SIZE', 1, APPEND_BYTES_MAX),
      appendTimeoutMs: appendTimeout(environment),
      tlsFiles: both(
        { '--certificate': values.certificate ?? environment['EVENTSTORE_CERTIFICATE_FILE'] },
        { '--key': values.key ?? environment['EVENTSTORE_CERTIFICATE_PRIVATE_KEY_FILE'] },
        (certificate, key) => ({ certificate, key }),
      ),
      credentials: both(
        { '--user': values.user ?? environment['EVENTSTORE_USER'] },
        { '--password': values.password ?? environment['EVENTSTORE_PASSWORD'] },
        (user, password) => ({ user, password }),
      ),
    };
    return { do: 'run', options };
  } catch (error) {
    const isWithUsage = !(error instanceof WrongUsage) || error.isWithUsage;
    return { do: 'print', text: `${(error as Error).message}\n${isWithUsage ? `\n${USAGE}` : ''}`, exit: 2 };
  }
}

class WrongUsage extends Error {
  constructor(
    message: string,
    readonly isWithUsage = false,
  ) {
    super(message);
  }
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (number < min || number > max)
    throw new WrongUsage(`${name} takes a whole number from ${min} to ${max}, not ${JSON.stringify(text)}.`);
  return number;
}

function fromEnvironment(environment: Environment, name: string, min: number, max: number): number | undefined {
  const text = environment[name];
  return text === undefined || text === '' ? undefined : wholeNumber(name, text, min, max);
}

function appendTimeout(environment: Environment): number | undefined {
  const prepare = fromEnvironment(environment, 'EVENTSTORE_PREPARE_TIMEOUT_MS', 1, TIMEOUT_MS_MAX);
  const commit = fromEnvironment(environment, 'EVENTSTORE_COMMIT_TIMEOUT_MS', 1, TIMEOUT_MS_MAX);
  return prepare === undefined && commit === undefined ? undefined : (prepare ?? 0) + (commit ?? 0);
}

// Two options that go together: both are there, or none is.
function both<Pair>(
  first: Record<string, string | undefined>,
  second: Record<string, string | undefined>,
  pair: (first: string, second: string) => Pair,
): Pair | undefined {
  const [[firstName, one = '']] = Object.entries(first) as [[string, string | undefined]];
  const [[secondName, other = '']] = Object.entries(second) as [[string, string | undefined]];
  if (one === '' && other === '') return undefined;
  if (one === '' || other === '') throw new WrongUsage(`${firstName} and ${secondName} go together: one of them is missing.`);
  return pair(one, other);
}

function truth(name: string, text = ''): boolean {
  const lower = text.toLowerCase();
  if (lower !== '' && lower !== 'true' && lower !== 'false')
    throw new WrongUsage(`${name} takes true or false, not ${JSON.stringify(text)}.`);
  return lower === 'true';
}

function runsProjections(option: string | undefined, environment: Environment): boolean {
  const name = option === undefined ? 'EVENTSTORE_RUN_PROJECTIONS' : '--run-projections';
  const text = option ?? environment['EVENTSTORE_RUN_PROJECTIONS'] ?? '';
  const kind = text.toLowerCase();
  if (!['', 'none', 'system', 'all'].includes(kind))
    throw new WrongUsage(`${name} takes none, system or all, not ${JSON.stringify(text)}.`);
  return kind === 'system' || kind === 'all';
}
