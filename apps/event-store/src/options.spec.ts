import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.js';

const read = (args: string[], environment: Record<string, string> = {}) => readOptions(['--data', 'd', ...args], environment);

describe('the options of the event store', () => {
  it('have the limits of a real node unless the environment sets others', () => {
    expect(read([])).toEqual({
      do: 'run',
      options: {
        data: 'd',
        port: 2113,
        hasProjections: false,
        startsStandardProjections: false,
        appendBytesMax: undefined,
        appendTimeoutMs: undefined,
        tlsFiles: undefined,
        credentials: undefined,
      },
    });
    const environment = {
      EVENTSTORE_MAX_APPEND_SIZE: '1024',
      EVENTSTORE_PREPARE_TIMEOUT_MS: '1000',
      EVENTSTORE_COMMIT_TIMEOUT_MS: '2000',
      EVENTSTORE_RUN_PROJECTIONS: 'System',
      EVENTSTORE_START_STANDARD_PROJECTIONS: 'True',
    };
    expect(read(['--port', '0'], environment)).toMatchObject({
      options: { port: 0, appendBytesMax: 1024, appendTimeoutMs: 3000, hasProjections: true, startsStandardProjections: true },
    });
  });

  it('take certificate and credentials from the environment too, where other users of the machine do not see them', () => {
    const environment = {
      EVENTSTORE_USER: 'ledger',
      EVENTSTORE_PASSWORD: 'secret',
      EVENTSTORE_CERTIFICATE_FILE: 'c.pem',
      EVENTSTORE_CERTIFICATE_PRIVATE_KEY_FILE: 'k.pem',
    };
    expect(read(['--user', 'somebody'], environment)).toMatchObject({
      options: { credentials: { user: 'somebody', password: 'secret' }, tlsFiles: { certificate: 'c.pem', key: 'k.pem' } },
    });
  });

  it('on the command line count more than the environment', () => {
    const found = read(['--run-projections', 'none'], { EVENTSTORE_RUN_PROJECTIONS: 'all' });
    expect(found).toMatchObject({ options: { hasProjections: false } });
  });

  it.each([
    [['--port', '70000'], {}, '--port takes a whole number from 0 to 65535, not "70000".'],
    [['--port', 'x'], {}, 'not "x"'],
    [['--run-projections', 'some'], {}, '--run-projections takes none, system or all, not "some".'],
    [[], { EVENTSTORE_MAX_APPEND_SIZE: '16777217' }, 'EVENTSTORE_MAX_APPEND_SIZE takes a whole number from 1 to 16777216'],
    [[], { EVENTSTORE_COMMIT_TIMEOUT_MS: '-1' }, 'EVENTSTORE_COMMIT_TIMEOUT_MS takes'],
    [[], { EVENTSTORE_START_STANDARD_PROJECTIONS: 'yes' }, 'takes true or false, not "yes"'],
    [['--user', 'ledger'], {}, '--user and --password go together: one of them is missing.'],
    [['--key', 'k.pem'], {}, '--certificate and --key go together: one of them is missing.'],
    [['--nothing'], {}, "Unknown option '--nothing'"],
  ])('that cannot be used are refused with what they take: %j %j', (args, environment, text) => {
    expect(read(args as string[], environment as Record<string, string>)).toMatchObject({
      do: 'print',
      exit: 2,
      text: expect.stringContaining(text),
    });
  });

  it('must name a data folder, and --help shows them all', () => {
    expect(readOptions([], {})).toMatchObject({ exit: 2, text: expect.stringContaining('--data is missing') });
    expect(readOptions(['--help'], {})).toMatchObject({ exit: 0, text: expect.stringContaining('--start-standard-projections') });
  });
});
