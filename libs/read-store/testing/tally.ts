import type { Projection } from '../src/projection.js';

/** A small read model of everything a projection can do: counts what moved between accounts, changes two partitions by one fact, removes what is used up. */
export interface Tally {
  readonly account: string;
  readonly quantity: number;
  readonly moves: readonly string[];
}

interface Moved {
  data: { from: string; to: string; sku: string; quantity: number };
  id: string;
}

const add =
  (account: string, quantity: number, id: string) =>
  (tally: Tally | undefined): Tally | undefined => {
    const sum = (tally?.quantity ?? 0) + quantity;
    return sum === 0 ? undefined : { account, quantity: sum, moves: [...(tally?.moves ?? []), id].slice(-5) };
  };

export const tally: Projection<Tally> = {
  name: 'tally',
  version: 1,
  on: {
    Moved: ({ data, id }: Moved) => [
      { partition: data.from, key: data.sku, apply: add(data.from, -data.quantity, id) },
      { partition: data.to, key: data.sku, apply: add(data.to, data.quantity, id) },
    ],
  },
  indexes: ({ quantity }) => [
    { index: 'by-quantity', sort: String(quantity + 1_000_000).padStart(8, '0') },
    { index: quantity < 0 ? 'owing' : 'owed', sort: '' },
  ],
};

/** A second one that takes another kind of fact too. */
export const lastMoves: Projection = {
  name: 'last-moves',
  version: 1,
  on: {
    Moved: ({ data, id }: Moved) => [{ partition: 'all', key: data.sku, apply: () => ({ id, to: data.to }) }],
    Noted: ({ data, id }: { data: { text: string }; id: string }) => [{ partition: 'notes', key: id, apply: () => data }],
  },
};

/** The second one with a fault: it cannot take this kind of fact. */
export function poisonedBy(type: string): Projection {
  const fault = (): never => {
    throw new Error('cannot read this');
  };
  return { ...lastMoves, on: { ...lastMoves.on, [type]: fault } };
}

interface TestFact {
  readonly stream: string;
  readonly type: string;
  readonly data: object;
}
export const moved = (from: string, to: string, quantity: number, sku = 's1'): TestFact => ({
  stream: `pool-${from}`,
  type: 'Moved',
  data: { from, to, sku, quantity },
});
export const noted = (text: string): TestFact => ({ stream: 'notes-1', type: 'Noted', data: { text } });
