/**
 * JSON with the members of every object in order of their names. Documents are stored as they come; dumps are written with this, so that
 * how events fell into batches (which can change the order in which members were added) never shows in a comparison.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** The lines of a dump: the same for every store. */
export const documentLine = (partition: string, key: string, document: object): string =>
  canonicalJson(['document', partition, key, document]);
export const entryLine = (partition: string, index: string, sort: string, key: string): string =>
  JSON.stringify(['entry', partition, index, sort, key]);
