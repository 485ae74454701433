const local = String.raw`[^\s@"<>(),;:\\]+`;
const label = String.raw`[\p{L}\p{N}]([\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?`;
const topLevel = String.raw`\p{L}[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}]`;
const address = new RegExp(`^${local}@(${label}\\.)+${topLevel}$`, 'u');

/** Whether a text may be the address of a mailbox on the internet, by its form. Japanese carriers gave out names with dots that RFC 5321 does not allow. */
export function isEmailAddress(text: string): boolean {
  return text.length <= 254 && address.test(text);
}
