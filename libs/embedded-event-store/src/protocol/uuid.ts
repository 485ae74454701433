import type { ProtobufReader } from './protobuf.js';

/** The value of each hexadecimal digit by its character code, 255 for all others. */
const DIGITS = new Uint8Array(256).fill(255);
for (const [value, digit] of [...'0123456789abcdef'].entries())
  DIGITS[digit.charCodeAt(0)] = DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
/** Two hexadecimal digits for each byte. */
const HEX = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join(''));
const DASH = 45;
export const UUID_TEXT_BYTES = 36;

/** Reads an id from its text, with dashes or without; undefined when it is none. */
function parseUuid(text: Buffer): Buffer | undefined {
  const id = Buffer.allocUnsafe(16);
  let digits = 0;
  let high = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === DASH) continue;
    const digit = DIGITS[character]!;
    if (digit === 255 || digits === 32) return undefined;
    if ((digits & 1) === 0) high = digit << 4;
    else id[digits >> 1] = high | digit;
    digits++;
  }
  return digits === 32 ? id : undefined;
}

/** Writes an id, which begins at `start` of its bytes, as 36 characters at `offset`. */
export function writeUuidText(target: Buffer, offset: number, id: Buffer, start = 0): void {
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) target[offset++] = DASH;
    const pair = id[start + index]! * 2;
    target[offset++] = HEX[pair]!;
    target[offset++] = HEX[pair + 1]!;
  }
}

export function uuidText(id: Buffer): string {
  const text = Buffer.allocUnsafe(UUID_TEXT_BYTES);
  writeUuidText(text, 0, id);
  return text.toString('latin1');
}

/** Reads a UUID message: as text or as two halves. Undefined when it holds neither, or no id. */
export function readUuid(message: ProtobufReader): Buffer | undefined {
  let id: Buffer | undefined;
  while (message.next()) {
    if (message.field === 2) {
      const text = message.view();
      id = parseUuid(text);
    } else if (message.field === 1) {
      const halves = message.message();
      id = Buffer.alloc(16);
      while (halves.next()) {
        if (halves.field === 1) id.writeBigUInt64BE(halves.bigVarint(), 0);
        else if (halves.field === 2) id.writeBigUInt64BE(halves.bigVarint(), 8);
        else halves.skip();
      }
    } else message.skip();
  }
  return id;
}
