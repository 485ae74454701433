import { createHash } from 'node:crypto';
import { foldUnique, type ReservationKind } from '#licensing';

/** The stream in which a text is claimed is named by a hash: stream names are ASCII, and the text may be personal. */
export function reservationId(kind: ReservationKind, text: string): string {
  return `${kind}-${createHash('sha256').update(foldUnique(text)).digest('hex')}`;
}
