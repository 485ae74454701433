import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LaunchedLedger, temporaryFolder } from './support/launched-ledger.js';

const patience = 300_000;
let ledger: LaunchedLedger | undefined;
let data: ReturnType<typeof temporaryFolder> | undefined;
afterEach(async () => {
  await ledger?.stop();
  data?.remove();
}, patience);

async function demo(...words: string[]): Promise<{ code: number; told: string; complaint: string }> {
  const { OPERATOR_PASSWORD: _, LEDGER_URL: __, ...environment } = process.env;
  const child = spawn(process.execPath, ['scripts/demo.js', ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let [told, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (told += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  const [code] = await once(child, 'close');
  return { code: code as number, told, complaint };
}

describe('the demo', () => {
  it(
    'tells its stories on a running ledger, as often as one likes',
    async () => {
      data = temporaryFolder();
      ledger = await LaunchedLedger.start(data.path);
      const words = ['--url', ledger.address.apiUrl, '--password', ledger.printedPassword!];
      for (const story of [await demo(...words), await demo(...words)]) {
        expect(story).toMatchObject({ code: 0, complaint: '' });
        expect(story.told).toContain('さくらネットワークス株式会社: 30 in all');
        expect(story.told).toContain('409 POOL_EXHAUSTED: 500 of REMO-EDGE-1Y requested');
        expect(story.told).toContain('in half-width kana: ﾔﾏﾀﾞ: 2 found');
        expect(story.told).toMatch(/The chain of 3 facts is intact/);
        expect(story.told).toContain('The shop’s part is left out');
        expect(story.told).toContain('409 DRAWDOWN_EXCEEDS_ORDER: ');
        expect(story.told).toContain('Ateliers du Soleil, as its partner sees it: 7 in all');
        expect(story.told).toContain('Checked on the machine, with the public keys alone: genuine');
        expect(story.told).toContain('Outcome: cancelled');
      }
    },
    patience,
  );

  it(
    'starts a ledger of its own when none is named, plays the shop’s part and moves the time, and leaves nothing behind',
    async () => {
      const { code, told } = await demo();
      expect(code).toBe(0);
      expect(told).toContain('POST /v1/store/purchases');
      expect(told).toContain('8 licenses in 2 lots');
      expect(told).toMatch(/Outcome: mixed\n[\s\S]*3 │ cancelled [\s\S]*5 │ retainedUntilTermEnd │/);
      expect(told).toContain('The subscription is active, with 5 licenses, which end with its term.');
      const [, url] = /The ledger: (http:\S+),/.exec(told)!;
      await expect(fetch(`${url}/v1/health/live`)).rejects.toThrow('fetch failed');
    },
    patience,
  );

  it(
    'says what it needs, and fails when the story breaks off',
    async () => {
      expect(await demo('--url', 'http://127.0.0.1:1')).toMatchObject({
        code: 2,
        complaint: expect.stringContaining('needs its operator'),
      });
      const broken = await demo('--url', 'http://127.0.0.1:1', '--password', 'secret');
      expect(broken).toMatchObject({ code: 1, complaint: expect.stringContaining('The story broke off') });
    },
    patience,
  );
});
