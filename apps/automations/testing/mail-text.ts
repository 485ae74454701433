/** What a mail program shows of a mail, read as one does: headers unfolded and decoded (RFC 2047), the plain text decoded (RFC 2045). */
export function headersOf(mail: string): Record<string, string> {
  const [head = ''] = mail.split('\r\n\r\n');
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), decoded(line.slice(line.indexOf(':') + 2))]),
  );
}

export function plainTextOf(mail: string): string {
  const part = mail.slice(mail.search(/Content-Type: text\/plain/i));
  const encoding = /^Content-Transfer-Encoding: (\S+)/im.exec(part)?.[1]?.toLowerCase();
  const body = part.slice(part.indexOf('\r\n\r\n') + 4).split(/\r\n--/)[0]!;
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return (encoding === 'quoted-printable' ? bytesOf(body.replace(/=\r\n/g, '')) : body).replaceAll('\r\n', '\n');
}

function decoded(value: string): string {
  const word = /=\?utf-8\?([bq])\?([^?]*)\?=(?:\s+(?==\?))?/gi;
  return value.replace(word, (_, how: string, coded: string) =>
    how.toLowerCase() === 'b' ? Buffer.from(coded, 'base64').toString('utf8') : bytesOf(coded.replaceAll('_', ' ')),
  );
}

/** `=C3=A4` → `ä` */
function bytesOf(coded: string): string {
  const bytes = coded.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
