import picocolors from 'picocolors';

/** For people at a terminal only: a file, a pipe or a build's log gets plain text. */
const pc = picocolors.createColors(process.stdout.isTTY === true && !process.env['NO_COLOR']);

const colors = { 'event-store': pc.magenta, api: pc.cyan, projector: pc.green, automations: pc.yellow, ledger: pc.bold } as const;
const nameWidth = 13;
const levels = { 10: 'trace', 20: 'debug', 30: '', 40: pc.yellow('warning'), 50: pc.red('error'), 60: pc.red('fatal') } as const;
/** Said by the line's prefix, or of no use to a reader. */
const hidden = new Set(['level', 'time', 'pid', 'hostname', 'process', 'msg', 'err', 'v']);

/** A line of a process as a person reads it: its log's JSON as time, message and members, anything else as it is. */
export function readableLine(program: string, text: string): string {
  const color = colors[program as keyof typeof colors] ?? pc.white;
  const prefix = color(program.padEnd(nameWidth));
  const entry = asLogEntry(text);
  if (entry === undefined) return `${prefix}${text}`;
  const level = levels[entry['level'] as keyof typeof levels] ?? '';
  const members = Object.entries(entry).filter(([name]) => !hidden.has(name));
  const error = entry['err'] as { message?: string; stack?: string } | undefined;
  return [
    prefix + pc.dim(String(entry['time']).slice(11, 19)),
    level,
    String(entry['msg'] ?? ''),
    pc.dim(members.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ')),
    error ? `\n${error.stack ?? error.message}` : '',
  ]
    .filter((part) => part !== '' && part !== pc.dim(''))
    .join(' ');
}

function asLogEntry(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(text);
    return typeof entry.level === 'number' && 'time' in entry ? entry : undefined;
  } catch {
    return undefined;
  }
}

export interface Places {
  readonly apiUrl: string;
  readonly eventStoreUrl: string;
  readonly embeddedEventStore: boolean;
  readonly redis: boolean;
  readonly dataDir: string;
  readonly sandbox: boolean;
  readonly operatorLogin: string;
  /** Known at the first start only, and printed then. */
  readonly operatorPassword: string | undefined;
  readonly operatorPasswordSet: boolean;
}

/** What a person needs to know once everything runs. A password in the event store's URL is not shown. */
export function banner(version: string, places: Places): string {
  const signIn =
    places.operatorPassword !== undefined
      ? `login ${pc.bold(places.operatorLogin)}, password ${pc.bold(places.operatorPassword)}\n${' '.repeat(17)}(made just now and shown only this once: note it down)`
      : `login ${pc.bold(places.operatorLogin)}, password ${places.operatorPasswordSet ? 'from OPERATOR_PASSWORD at the first start' : 'printed at the first start'}`;
  const rows: [string, string][] = [
    ['API', `${places.apiUrl}/v1`],
    ['Documents', `${places.apiUrl}/docs`],
    [
      'Event store',
      `${withoutPassword(places.eventStoreUrl)}${places.embeddedEventStore ? ' (embedded; for EventStoreDB clients with the password in ledger.json)' : ''}`,
    ],
    ['Read models', places.redis ? 'in Redis (REDIS_URL)' : 'embedded'],
    ['Data', places.dataDir],
    ['Sign in', signIn],
    ...(places.sandbox ? [['Sandbox', `time stands still; PUT ${places.apiUrl}/v1/sandbox/clock moves it`] as [string, string]] : []),
    ['Stop', 'Ctrl-C'],
  ];
  return `\n${pc.bold(`License Ledger ${version}`)} is running.\n\n${rows.map(([what, where]) => `  ${what.padEnd(15)}${where}`).join('\n')}\n\n`;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/([^/@:]*):[^/@]*@/, '//$1:…@');
}
