import { parse } from 'csv-parse/sync';
import { foldUnique, quantityMax, type Line } from '#licensing';
import { readTime } from './moment.js';

/** What one order of the file says; `at` are the lines of the file it stands on. */
export interface FileOrder {
  readonly at: readonly number[];
  readonly account: string;
  readonly orderId: string;
  readonly purchasedAt?: string;
  readonly lines: readonly Line[];
}

/** What cannot be read, and where. */
export interface FileError {
  readonly line: number;
  readonly message: string;
}

export interface PurchaseFile {
  readonly orders: readonly FileOrder[];
  readonly errors: readonly FileError[];
}

const required = ['account', 'orderId', 'sku', 'quantity'] as const;
const columns = [...required, 'purchasedAt'] as const;
type Column = (typeof columns)[number];
type Row = Readonly<Record<Column, string>> & { readonly line: number };

/** Reads purchases from CSV (RFC 4180, UTF-8): rows with the same account and order are the lines of one order, wherever they stand. */
export function readPurchaseFile(text: string): PurchaseFile {
  const errors: FileError[] = [];
  const report = (line: number, message: string) => void errors.push({ line, message });
  const records = readRecords(text, report);
  const head = records.shift();
  if (head === undefined)
    return {
      orders: [],
      errors: errors.length > 0 ? errors : [{ line: 1, message: `the file is empty; its first line must be ${columns.join(',')}` }],
    };
  const places = readHead(head.cells, (message) => report(head.line, message));
  if (places === undefined) return { orders: [], errors };

  const groups = new Map<string, Row[]>();
  for (const { cells, line } of records) {
    if (cells.length !== head.cells.length) {
      report(line, `there are ${cells.length} columns, the first line has ${head.cells.length}`);
      continue;
    }
    const row = {
      ...(Object.fromEntries(columns.map((column) => [column, cells[places[column] ?? -1]?.trim() ?? ''])) as Record<Column, string>),
      line,
    };
    const key = `${row.account} ${foldUnique(row.orderId)}`;
    if (!isReadable(row, report)) continue;
    const rows = groups.get(key);
    if (rows === undefined) groups.set(key, [row]);
    else rows.push(row);
  }
  const orders = [...groups.values()].flatMap((rows) => orderOf(rows, report) ?? []);
  return { orders, errors: errors.sort((left, right) => left.line - right.line) };
}

function readRecords(text: string, report: (line: number, message: string) => void): { cells: string[]; line: number }[] {
  try {
    const records = parse(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return records.map(({ record, info }) => ({ cells: record, line: info.lines }));
  } catch (error) {
    const { lines, message } = error as Error & { lines?: number };
    report(lines ?? 1, `this is no CSV: ${message}`);
    return [];
  }
}

/** Where each column stands; the order of columns is free. */
function readHead(cells: readonly string[], report: (message: string) => void): Partial<Record<Column, number>> | undefined {
  const names = cells.map((cell) => cell.trim());
  const missing = required.filter((column) => !names.includes(column));
  const unknown = names.filter((name) => !(columns as readonly string[]).includes(name));
  const doubled = names.filter((name, index) => names.indexOf(name) !== index);
  if (missing.length > 0)
    report(`the first line must name the columns ${columns.join(',')} (purchasedAt may be left out); ${missing.join(', ')} is missing`);
  if (unknown.length > 0) report(`there is no column ${unknown.map((name) => `'${name}'`).join(', ')}`);
  if (doubled.length > 0) report(`the column ${doubled.join(', ')} stands there twice`);
  if (missing.length + unknown.length + doubled.length > 0) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, index]));
}

function isReadable({ line, account, orderId, sku, quantity, purchasedAt }: Row, report: (line: number, message: string) => void): boolean {
  const messages: string[] = [];
  for (const [column, cell] of Object.entries({ account, orderId, sku })) if (cell === '') messages.push(`${column} is empty`);
  const number = /^\d{1,10}$/.test(quantity) ? Number(quantity) : NaN;
  if (!(number >= 1 && number <= quantityMax)) messages.push(`quantity must be a whole number from 1 to ${quantityMax}, not '${quantity}'`);
  if (purchasedAt !== '' && readTime(purchasedAt) === undefined)
    messages.push(`purchasedAt must be a time like 2026-04-01T09:00:00Z, not '${purchasedAt}'`);
  for (const message of messages) report(line, message);
  return messages.length === 0;
}

function orderOf(rows: readonly Row[], report: (line: number, message: string) => void): FileOrder | undefined {
  const [first] = rows as [Row, ...Row[]];
  const other = rows.find(({ purchasedAt }) => readTime(purchasedAt) !== readTime(first.purchasedAt));
  if (other !== undefined) {
    report(other.line, `order ${other.orderId} has another purchasedAt on line ${first.line}`);
    return undefined;
  }
  const purchasedAt = readTime(first.purchasedAt);
  return {
    at: rows.map(({ line }) => line),
    account: first.account,
    orderId: first.orderId,
    ...(purchasedAt !== undefined && { purchasedAt }),
    lines: rows.map(({ sku, quantity }) => ({ sku, quantity: Number(quantity) })),
  };
}
