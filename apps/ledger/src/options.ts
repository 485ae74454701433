import { readFileSync } from 'node:fs';
import { settingsTable, type Setting } from '#platform';

export type Options = { readonly do: 'start'; readonly sandbox: boolean } | { readonly do: 'print'; readonly text: string };

/** What the command line asks for. Errors: Error with what is allowed. */
export function readOptions(words: readonly string[]): Options {
  const unknown = words.find((word) => !['--sandbox', '--help', '-h', '--version', '-v'].includes(word));
  if (unknown !== undefined) throw new Error(`'${unknown}' is not an option: there are --sandbox, --help and --version`);
  if (words.includes('--help') || words.includes('-h')) return { do: 'print', text: help() };
  if (words.includes('--version') || words.includes('-v')) return { do: 'print', text: `${version()}\n` };
  return { do: 'start', sandbox: words.includes('--sandbox') };
}

export function version(): string {
  // The build stands in dist/apps/ledger/src.
  return JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')).version;
}

function help(): string {
  const rows = Object.values<Setting<unknown>>(settingsTable);
  const width = Math.max(...rows.map((row) => row.name.length)) + 2;
  const settings = rows.map(
    (row) => `  ${row.name.padEnd(width)}${row.meaning.replaceAll('`', '')}${row.default === undefined ? '' : ` (${row.default})`}`,
  );
  return `License Ledger ${version()}

Starts the API, the projector, the automations and, unless EVENTSTORE_URL is set, the embedded event store,
as one process tree with one data folder. Ctrl-C stops it in order.

Usage: npm start [-- options]        or: node dist/apps/ledger/main.js [options]

  --sandbox    lets an operator move the time: PUT /v1/sandbox/clock {"now": "2030-01-01T00:00:00Z"}.
               Embedded stores only, in a data folder of its own (./data/sandbox unless DATA_DIR is set)
  --help       prints this
  --version    prints the version

Environment (default in brackets):
${settings.join('\n')}
`;
}
