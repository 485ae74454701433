import colors from 'picocolors';
import type { Connection } from './connect.js';
import { count, counted, print, progress } from './console.js';
import { Failure } from './failure.js';
import { type Verification, verifyLog } from './verify.js';

/** Prints what was checked; a difference is a failure that names stream, revision and what is wrong. */
export async function verify({ log, where }: Connection, signal: AbortSignal): Promise<void> {
  const end = await log.end();
  const bar = progress('Verifying', Number(end ?? 0n));
  let verification: Verification;
  try {
    verification = await verifyLog(log.readAll({ withSystem: true }), ({ position }) => {
      if (signal.aborted) throw new Failure(`Interrupted: nothing was wrong before position ${position}; what follows was not looked at.`);
      bar.update(Number(position));
    });
  } finally {
    bar.stop();
  }
  const { facts, streams, sums, difference } = verification;
  if (difference !== undefined) {
    const place = difference.revision === undefined ? difference.stream : `${difference.stream}, revision ${difference.revision}`;
    throw new Failure(`${colors.red('The log is not sound.')} ${place}: ${difference.message}`);
  }
  await print(
    `${colors.green('The log is sound.')} ${counted(facts, 'fact')} in ${counted(streams, 'stream')} of ${where}: every hash chain and every rule holds.`,
  );
  const { purchased, ...parts } = sums;
  const words = {
    available: 'available',
    held: 'held',
    inSeats: 'in seats',
    expired: 'expired',
    cancelled: 'cancelled',
    inTransit: 'in transit',
  };
  const accounted = (Object.keys(words) as (keyof typeof words)[]).map((part) => `${count(parts[part])} ${words[part]}`);
  await print(`${counted(purchased, 'license')} purchased = ${accounted.join(' + ')}.`);
}
