import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate that vouches for itself, and its private key, as PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** ASN.1 tags of what a certificate is made of (X.690, RFC 5280). */
const tag = { boolean: 1, integer: 2, bits: 3, octets: 4, objectId: 6, utf8: 12, sequence: 0x30, set: 0x31, time: 0x17 } as const;
const context = { version: 0xa0, extensions: 0xa3, dnsName: 0x82, ipAddress: 0x87 } as const;

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonName = '2.5.4.3';
const basicConstraints = '2.5.29.19';
const subjectAlternativeName = '2.5.29.17';

/**
 * Makes a certificate for a server that only this machine reaches: for `localhost`, 127.0.0.1 and ::1, with a new P-256 key.
 * Who trusts it trusts this one file, so it needs no authority and does not expire before 2049. Node makes keys but no certificates, hence this.
 */
export function makeLoopbackCertificate(name: string): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(tag.sequence, objectId(ecdsaWithSha256));
  const distinguished = der(tag.sequence, der(tag.set, der(tag.sequence, objectId(commonName), der(tag.utf8, Buffer.from(name)))));
  // A positive number: the first bit is not set.
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const names = der(
    tag.sequence,
    der(context.dnsName, Buffer.from('localhost')),
    der(context.ipAddress, Buffer.from([127, 0, 0, 1])),
    der(context.ipAddress, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
  );
  const signed = der(
    tag.sequence,
    der(context.version, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    algorithm,
    distinguished,
    der(tag.sequence, der(tag.time, Buffer.from('200101000000Z')), der(tag.time, Buffer.from('491231235959Z'))),
    distinguished,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      context.extensions,
      der(
        tag.sequence,
        extension(basicConstraints, true, der(tag.sequence, der(tag.boolean, Buffer.from([0xff])))),
        extension(subjectAlternativeName, false, names),
      ),
    ),
  );
  const signature = sign('sha256', signed, privateKey);
  const whole = der(tag.sequence, signed, algorithm, der(tag.bits, Buffer.from([0]), signature));
  return { certificate: pem('CERTIFICATE', whole), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(tag.boolean, Buffer.from([0xff]))] : [];
  return der(tag.sequence, objectId(id), ...critical, der(tag.octets, value));
}

/** A value in DER: its tag, its length, and what is in it. */
function der(tagByte: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tagByte, ...header]), content]);
}

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const digits = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return der(tag.objectId, Buffer.from(bytes));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
