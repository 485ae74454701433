import Table from 'cli-table3';
import picocolors from 'picocolors';

// For people at a terminal only: a file or a pipe gets plain text.
export const pc = picocolors.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR);

/** Prints the story: chapters, calls with their answers, tables. */
export class Teller {
  #chapter = 0;
  #names = new Map();

  /** From now on this id is shown by its name: a person reads names. */
  name(id, name) {
    this.#names.set(id, name);
  }

  #named(text) {
    for (const [id, name] of this.#names) text = text.replaceAll(id, `‹${name}›`);
    return text;
  }

  chapter(title, rows) {
    this.#chapter += 1;
    console.log(`\n${pc.bold(`${this.#chapter}. ${title}`)}${rows ? pc.dim(`   (${rows})`) : ''}\n`);
  }

  say(text) {
    console.log(`   ${text}`);
  }

  /** One call on one line: who did what, what was sent, and what came back. */
  call(who, method, path, body, { status, body: answer, position }) {
    const sent = body === undefined ? '' : pc.dim(` ${shortened(this.#named(JSON.stringify(body)), 120)}`);
    const request = `${pc.cyan(who.padEnd(11))} ${pc.bold(method)} ${this.#named(path)}${sent}`;
    const where = position === undefined ? '' : pc.dim(` at position ${position}`);
    const outcome =
      status < 400
        ? pc.green(`→ ${status}`) + where
        : pc.yellow(`→ ${status} ${answer.code ?? ''}: ${this.#named(answer.detail ?? answer.title ?? '')}`);
    console.log(`   ${request}\n   ${' '.repeat(11)} ${outcome}`);
  }

  table(head, rows, numbers = []) {
    const table = new Table({
      head,
      style: process.stdout.isTTY ? { compact: true, head: ['bold'], border: ['gray'] } : { compact: true, head: [], border: [] },
      colAligns: head.map((_, index) => (numbers.includes(index) ? 'right' : 'left')),
    });
    table.push(...rows.map((row) => row.map((cell) => this.#named(String(cell ?? '')))));
    console.log(
      table
        .toString()
        .split('\n')
        .map((line) => `   ${line}`)
        .join('\n'),
    );
  }

  /** What an account has: the total and each product. */
  balance(title, pool) {
    this.say(`${pc.bold(title)}: ${pool.total} in all`);
    if (pool.products.length === 0) return;
    this.table(
      ['license', 'bought', 'received', 'available', 'held', 'in use', 'given', 'in transit', 'expired'],
      pool.products.map((row) => [
        row.name,
        row.purchased,
        row.received,
        row.available,
        row.held,
        row.inSeats,
        row.assigned,
        row.inTransit,
        row.expired,
      ]),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
  }

  /** Who was told what. */
  mails(mails) {
    this.table(
      ['mail', 'to', 'language', 'state'],
      mails.map(({ kind, recipient, language, state }) => [kind, recipient.email, language, state]),
    );
  }

  history(title, { items, total }) {
    this.say(`${pc.bold(title)}: ${total} found`);
    if (items.length === 0) return;
    this.table(
      ['when', 'to', 'license', 'quantity', 'until', 'by'],
      items.map((row) => [
        minutes(row.assignedAt),
        row.customerName,
        row.productName,
        row.quantity,
        day(row.expiresAt),
        row.assignedBy.login,
      ]),
      [3],
    );
  }
}

export const minutes = (time) => time.slice(0, 19).replace('T', ' ');
const day = (time) => time?.slice(0, 10) ?? 'not begun';

export function shortened(text, length) {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
