// What Linux knows of a process and all below it: CPU time, also of children that have ended, and memory. Elsewhere: undefined.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

let ticksKnown;
const ticksPerSecond = () => (ticksKnown ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })));

/** CPU seconds used so far by these processes and all below them, user and system. Undefined where there is no /proc. */
export function cpuSeconds(pids) {
  const ticks = membersOf(pids)?.reduce((sum, member) => sum + member.ticks, 0);
  return ticks === undefined ? undefined : ticks / ticksPerSecond();
}

/** CPU seconds by name of the process, so that a figure can say who worked. */
export function cpuByProcess(pids) {
  const seconds = new Map();
  for (const { pid, ticks } of membersOf(pids) ?? []) {
    const name = nameOf(pid);
    seconds.set(name, (seconds.get(name) ?? 0) + ticks / ticksPerSecond());
  }
  return seconds;
}

/** Every process below these, and they themselves. */
export function tree(pids) {
  return membersOf(pids)?.map(({ pid }) => ({ pid, name: nameOf(pid) })) ?? [];
}

/** Bytes of a process in memory, the pages of files that it has mapped included, as of an LMDB database that the system may drop at any time. */
export const residentOf = (pid) => statusBytes(pid, 'VmRSS');

/** Bytes of memory that are the process's own: what no file stands behind. */
export const ownMemoryOf = (pid) => statusBytes(pid, 'RssAnon');

function statusBytes(pid, name) {
  const [, kibibytes = 0] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text(`/proc/${pid}/status`) ?? '') ?? [];
  return Number(kibibytes) * 1024;
}

function membersOf(pids) {
  const stats = new Map();
  for (const name of entriesOf('/proc')) {
    const stat = /^\d+$/.test(name) ? text(`/proc/${name}/stat`) : undefined;
    if (stat === undefined) continue;
    // The name, in parentheses, may hold blanks; behind the last one stand plain fields, the third of the file first.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number);
    stats.set(Number(name), { parent: Number(fields[1]), ticks: user + system + endedUser + endedSystem });
  }
  if (stats.size === 0) return undefined;
  const members = pids.filter((pid) => stats.has(pid));
  for (const member of members) {
    for (const [pid, { parent }] of stats) if (parent === member && !members.includes(pid)) members.push(pid);
  }
  return members.map((pid) => ({ pid, ...stats.get(pid) }));
}

/** `api` for a process of the product or of a peer, else the name of the program. */
function nameOf(pid) {
  const words = text(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? '';
  return (
    /apps\/([a-z-]+)\/main\.js/.exec(words)?.[1] ??
    /\/([a-z-]+)\.js/.exec(words)?.[1] ??
    words.split(' ')[0].split('/').at(-1).replace(/:$/, '')
  );
}

function entriesOf(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function text(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
