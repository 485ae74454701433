// The strong form: one prepared statement calls a procedure that does everything (procedure.sql).
import { Rejected } from '#licensing';

const text = 'SELECT place, replayed FROM assign_licenses($1, $2, $3, $4, $5, $6, $7, $8, $9)';

export async function assignByProcedure(pool, { accountId, customerId, lines, context }, now) {
  const { commandId, inputHash, actor, correlationId } = context;
  const [skus, quantities] = [lines.map(({ sku }) => sku), lines.map(({ quantity }) => quantity)];
  const values = [commandId, inputHash, accountId, customerId, now, actor.userId, correlationId, skus, quantities];
  try {
    const { rows } = await pool.query({ name: 'assign', text, values });
    return { position: BigInt(rows[0].place), replayed: rows[0].replayed };
  } catch (error) {
    if (error.code === 'P0001') throw new Rejected(error.message, 'The database refused');
    throw error;
  }
}
