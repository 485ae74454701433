/**
 * What fits into a key of every store, in bytes of UTF-8. LMDB has the narrowest keys (1,978 bytes for all parts together); holding Redis to
 * the same keeps a projection from working on one store and stopping on the other.
 */
const bytesMax = { name: 64, partition: 200, index: 160, sort: 1000, key: 400 } as const;

/** Throws with the numbers when a text cannot be that part of a key. NUL separates the parts in both stores. */
export function checkKeyPart(part: keyof typeof bytesMax, text: string): void {
  if (typeof text !== 'string') throw new TypeError(`the ${part} is ${text === null ? 'null' : typeof text}, not text`);
  if (text.length * 3 > bytesMax[part] && Buffer.byteLength(text) > bytesMax[part]) {
    throw new RangeError(`the ${part} "${text.slice(0, 40)}…" has ${Buffer.byteLength(text)} bytes; ${bytesMax[part]} fit`);
  }
  if (text.includes('\0')) throw new RangeError(`the ${part} "${text.slice(0, 40).replaceAll('\0', '\\0')}" holds a NUL character`);
  if (text === '' && part !== 'sort') throw new RangeError(`the ${part} is empty`);
}
