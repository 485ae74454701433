// The usual form: a transaction of prepared statements, decided here, with the giver's rows locked while it is.
import { Rejected } from '#licensing';

const statement = (name, text) => (values) => ({ name, text, values });

const begin = { name: 'begin', text: 'BEGIN' };
const commit = { name: 'commit', text: 'COMMIT' };
// Only for a customer that made this partner its dealer. Comes before the locks: nobody waits for it.
const note = statement(
  'note',
  `INSERT INTO assignments (assignment_id, input_hash, account_id, customer_id, assigned_at, assigned_by, correlation_id)
   SELECT $1, $2, $3, $4, $5, $6, $7 FROM customers WHERE customer_id = $4 AND dealer_id = $3
   ON CONFLICT (assignment_id) DO NOTHING RETURNING position`,
);
const known = statement('known', 'SELECT input_hash, position FROM assignments WHERE assignment_id = $1');
const lock = statement(
  'lock',
  `SELECT b.available AS balance, l.lot_id, l.available, l.order_id, l.term::text AS term, l.starts_at, coalesce(l.expires_at, $3::timestamptz + l.term) AS expires_at, l.sequence
   FROM balances b JOIN lots l USING (account_id, sku)
   WHERE b.account_id = $1 AND b.sku = $2 AND l.available > 0
   ORDER BY l.expires_at, l.sequence LIMIT 300 FOR UPDATE OF b, l`,
);
const takeFromLot = statement('takeFromLot', 'UPDATE lots SET available = available - $2 WHERE lot_id = $1');
const takeFromBalance = statement(
  'takeFromBalance',
  'UPDATE balances SET available = available - $3, assigned = assigned + $3 WHERE account_id = $1 AND sku = $2',
);
const addLot = statement(
  'addLot',
  `INSERT INTO lots (lot_id, account_id, sku, quantity, available, order_id, term, starts_at, expires_at)
   VALUES ($1, $2, $3, $4, $4, $5, $6::interval, $7, $8)`,
);
const addHistory = statement(
  'addHistory',
  `INSERT INTO history (account_id, assigned_at, assignment_id, line, customer_id, sku, quantity, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
);
const credit = statement(
  'credit',
  `INSERT INTO balances (account_id, sku, received, available) VALUES ($1, $2, $3, $3) ON CONFLICT (account_id, sku) DO UPDATE
   SET received = balances.received + excluded.received, available = balances.available + excluded.available`,
);

export async function assignInteractively(pool, { accountId, customerId, lines, context }, now) {
  const client = await pool.connect();
  try {
    await client.query(begin);
    const { commandId, inputHash, actor, correlationId } = context;
    const noted = await client.query(note([commandId, inputHash, accountId, customerId, now, actor.userId, correlationId]));
    if (noted.rowCount === 0) {
      const { rows } = await client.query(known([commandId]));
      if (rows.length === 0) throw new Rejected('CUSTOMER_NOT_FOUND', `There is no customer ${customerId} that is linked to this partner.`);
      if (rows[0].input_hash !== inputHash) throw new Rejected('IDEMPOTENCY_KEY_REUSED', 'This key came before with another body');
      await client.query(commit);
      return { position: BigInt(rows[0].position), replayed: true };
    }
    for (const [index, line] of lines.entries()) await assignLine(client, { accountId, customerId, commandId, line, index, now });
    await client.query(commit);
    return { position: BigInt(noted.rows[0].position), replayed: false };
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function assignLine(client, { accountId, customerId, commandId, line: { sku, quantity }, index, now }) {
  const { rows } = await client.query(lock([accountId, sku, now]));
  const available = Number(rows[0]?.balance ?? 0);
  if (available < quantity)
    throw new Rejected('POOL_EXHAUSTED', `${quantity} of ${sku} requested, ${available} available.`, {
      sku,
      requested: quantity,
      available,
    });
  let missing = quantity;
  for (const [place, lot] of rows.entries()) {
    const part = Math.min(missing, Number(lot.available));
    missing -= part;
    await client.query(takeFromLot([lot.lot_id, part]));
    const lotId = `${commandId}.${index + 1}.${place + 1}`;
    await client.query(addLot([lotId, customerId, sku, part, lot.order_id, lot.term, lot.starts_at ?? now, lot.expires_at]));
    if (missing === 0) break;
  }
  await client.query(takeFromBalance([accountId, sku, quantity]));
  await client.query(addHistory([accountId, now, commandId, index + 1, customerId, sku, quantity, rows[0].expires_at]));
  await client.query(credit([customerId, sku, quantity]));
}
