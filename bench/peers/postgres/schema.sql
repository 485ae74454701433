-- What the ledger knows and promises when it answers an assignment, as rows: a balance that cannot go negative, the lots it is taken from,
-- the command's id once, the history, and the receiver's credit.

CREATE TABLE customers (
  customer_id uuid PRIMARY KEY,
  dealer_id uuid
);

-- Half of each page stays free, so that a balance can change in place, without touching an index.
CREATE TABLE balances (
  account_id uuid,
  sku text,
  purchased bigint NOT NULL DEFAULT 0,
  received bigint NOT NULL DEFAULT 0,
  available bigint NOT NULL CHECK (available >= 0),
  assigned bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, sku)
) WITH (fillfactor = 50);

CREATE TABLE lots (
  lot_id text PRIMARY KEY,
  account_id uuid NOT NULL,
  sku text NOT NULL,
  quantity bigint NOT NULL,
  available bigint NOT NULL CHECK (available >= 0),
  order_id text NOT NULL,
  term interval,
  starts_at timestamptz,
  expires_at timestamptz,
  sequence bigint GENERATED ALWAYS AS IDENTITY
) WITH (fillfactor = 50);
-- First to expire first, then oldest first; `available` is not in it, so taking from a lot touches no index.
CREATE INDEX lots_in_use_order ON lots (account_id, sku, expires_at, sequence);

-- The command's id is the assignment's: the primary key is what makes a repeated command visible.
CREATE TABLE assignments (
  assignment_id uuid PRIMARY KEY,
  input_hash text NOT NULL,
  account_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  assigned_at timestamptz NOT NULL,
  assigned_by text NOT NULL,
  correlation_id text NOT NULL,
  position bigint GENERATED ALWAYS AS IDENTITY
);

CREATE TABLE history (
  account_id uuid NOT NULL,
  assigned_at timestamptz NOT NULL,
  assignment_id uuid NOT NULL,
  line int NOT NULL,
  customer_id uuid NOT NULL,
  sku text NOT NULL,
  quantity bigint NOT NULL,
  expires_at timestamptz
);
CREATE INDEX history_newest_first ON history (account_id, assigned_at DESC);
