import { describe, expect, it } from '@jest/globals';
import { readPurchaseFile } from './purchase-file.js';

const head = 'account,orderId,sku,quantity,purchasedAt';
const file = (...rows: string[]) => readPurchaseFile([head, ...rows].join('\n'));

describe('A file of purchases', () => {
  it('gathers the rows of one order as its lines, wherever they stand and however its id is written', () => {
    expect(file('p-1,PO-1,edge,10,', 'p-1,PO-2,edge,1,', 'p-1,ｐｏ-1,direct,2,', 'p-2,PO-1,edge,3,')).toEqual({
      orders: [
        {
          at: [2, 4],
          account: 'p-1',
          orderId: 'PO-1',
          lines: [
            { sku: 'edge', quantity: 10 },
            { sku: 'direct', quantity: 2 },
          ],
        },
        { at: [3], account: 'p-1', orderId: 'PO-2', lines: [{ sku: 'edge', quantity: 1 }] },
        { at: [5], account: 'p-2', orderId: 'PO-1', lines: [{ sku: 'edge', quantity: 3 }] },
      ],
      errors: [],
    });
  });

  it('reads a time with its offset', () => {
    expect(file('p-1,PO-1,edge,1,2026-04-01T09:00:00+09:00').orders).toMatchObject([{ purchasedAt: '2026-04-01T00:00:00.000Z' }]);
  });

  it('needs no purchasedAt, and takes columns in any order, quoted cells and a byte order mark', () => {
    expect(readPurchaseFile('\uFEFFquantity,sku,"orderId",account\r\n5,edge,"PO ""1"", late",p-1\r\n')).toMatchObject({
      orders: [{ at: [2], orderId: 'PO "1", late', lines: [{ quantity: 5 }] }],
      errors: [],
    });
  });

  it('counts the lines of the file, empty ones and line breaks in cells included', () => {
    expect(file('', 'p-1,"PO\n1",edge,1,', 'p-1,PO-2,edge,x,').errors).toEqual([
      { line: 5, message: "quantity must be a whole number from 1 to 1000000000, not 'x'" },
    ]);
  });

  it.each(['0', '-1', '1.5', '1e3', '', '1000000001', '１０'])('refuses the quantity %j', (quantity) => {
    expect(file(`p-1,PO-1,edge,${quantity},`).errors).toMatchObject([{ line: 2, message: expect.stringContaining('quantity must be') }]);
  });

  it.each(['2026-04-01', '2026-04-01T09:00:00', 'April 1', '2026-13-01T00:00:00Z'])('refuses the time %j', (time) => {
    expect(file(`p-1,PO-1,edge,1,${time}`).errors).toMatchObject([{ line: 2, message: expect.stringContaining('purchasedAt must be') }]);
  });

  it('reports every error with its line, and still reads the rest', () => {
    const { orders, errors } = file(',PO-1,edge,1,', 'p-1,,,0,', 'p-1,PO-3,edge', 'p-1,PO-4,edge,4,');
    expect(orders).toMatchObject([{ orderId: 'PO-4' }]);
    expect(errors.map(({ line, message }) => `${line} ${message.slice(0, 18)}`)).toEqual([
      '2 account is empty',
      '3 orderId is empty',
      '3 sku is empty',
      '3 quantity must be a',
      '4 there are 3 column',
    ]);
  });

  it('has one time an order', () => {
    const { orders, errors } = file('p-1,PO-1,edge,1,2026-04-01T00:00:00Z', 'p-1,PO-1,direct,1,2026-04-02T00:00:00Z');
    expect([orders, errors]).toEqual([[], [{ line: 3, message: 'order PO-1 has another purchasedAt on line 2' }]]);
  });

  it.each([
    ['', 'the file is empty'],
    ['account,orderId,sku\np-1,PO-1,edge', 'quantity is missing'],
    ['account;orderId;sku;quantity\np-1;PO-1;edge;1', 'account, orderId, sku, quantity is missing'],
    [`${head},price\np-1,PO-1,edge,1,,5`, "there is no column 'price'"],
    ['account,orderId,sku,quantity,sku\np-1,PO-1,edge,1,edge', 'the column sku stands there twice'],
    [`${head}\np-1,"PO-1,edge,1,`, 'this is no CSV'],
  ])('that reads %j is none', (text, message) => {
    const { orders, errors } = readPurchaseFile(text);
    expect(orders).toEqual([]);
    expect(errors.map((error) => error.message).join('\n')).toContain(message);
  });
});
