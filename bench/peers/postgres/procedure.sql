-- The strong form: the whole command in one call of the database.
-- Refusals are raised as exceptions with the ledger's codes, so that nothing of a refused command stays.
CREATE FUNCTION assign_licenses(
  command uuid, hash text, giver uuid, receiver uuid, at timestamptz, by_user text, correlation text, skus text[], quantities bigint[]
) RETURNS TABLE (place bigint, replayed boolean) LANGUAGE plpgsql AS $$
DECLARE
  new_place bigint;
  known assignments%ROWTYPE;
  line int;
  missing bigint;
  part bigint;
  lot lots%ROWTYPE;
  earliest timestamptz;
  lot_expires timestamptz;
  nth int;
BEGIN
  INSERT INTO assignments (assignment_id, input_hash, account_id, customer_id, assigned_at, assigned_by, correlation_id)
    SELECT command, hash, giver, receiver, at, by_user, correlation FROM customers WHERE customer_id = receiver AND dealer_id = giver
    ON CONFLICT (assignment_id) DO NOTHING
    RETURNING position INTO new_place;
  IF new_place IS NULL THEN
    SELECT * INTO known FROM assignments WHERE assignment_id = command;
    IF NOT FOUND THEN RAISE EXCEPTION 'CUSTOMER_NOT_FOUND' USING ERRCODE = 'P0001'; END IF;
    IF known.input_hash <> hash THEN RAISE EXCEPTION 'IDEMPOTENCY_KEY_REUSED' USING ERRCODE = 'P0001'; END IF;
    RETURN QUERY SELECT known.position, true;
    RETURN;
  END IF;
  FOR line IN 1..array_length(skus, 1) LOOP
    missing := quantities[line];
    -- The row lock: who takes from this account's product waits here for those before.
    UPDATE balances SET available = available - missing, assigned = assigned + missing
      WHERE account_id = giver AND sku = skus[line] AND available >= missing;
    IF NOT FOUND THEN RAISE EXCEPTION 'POOL_EXHAUSTED' USING ERRCODE = 'P0001'; END IF;
    earliest := NULL;
    nth := 0;
    WHILE missing > 0 LOOP
      SELECT * INTO lot FROM lots
        WHERE account_id = giver AND sku = skus[line] AND available > 0
        ORDER BY expires_at, sequence LIMIT 1;
      part := least(missing, lot.available);
      missing := missing - part;
      nth := nth + 1;
      UPDATE lots SET available = available - part WHERE lot_id = lot.lot_id;
      lot_expires := coalesce(lot.expires_at, at + lot.term);
      earliest := least(earliest, lot_expires);
      INSERT INTO lots (lot_id, account_id, sku, quantity, available, order_id, term, starts_at, expires_at)
        VALUES (command || '.' || line || '.' || nth, receiver, skus[line], part, part, lot.order_id, lot.term, coalesce(lot.starts_at, at), lot_expires);
    END LOOP;
    INSERT INTO history (account_id, assigned_at, assignment_id, line, customer_id, sku, quantity, expires_at)
      VALUES (giver, at, command, line, receiver, skus[line], quantities[line], earliest);
    INSERT INTO balances (account_id, sku, received, available) VALUES (receiver, skus[line], quantities[line], quantities[line])
      ON CONFLICT (account_id, sku) DO UPDATE
      SET received = balances.received + excluded.received, available = balances.available + excluded.available;
  END LOOP;
  RETURN QUERY SELECT new_place, false;
END $$;
