import { createPrivateKey, createPublicKey } from 'node:crypto';

const block = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g;

/** The keys in a text, each as PEM: the first is private and signs, the others only have to be known. Errors: Error with what is expected. */
export function readLicenseFileKeyText(text: string): readonly [string, ...string[]] {
  const [first, ...others] = [...text.replaceAll('\\n', '\n').matchAll(block)].map(([pem]) => pem);
  if (first === undefined) throw new Error('must be Ed25519 keys in PEM, the one that signs first');
  for (const [index, pem] of [first, ...others].entries()) {
    const isEd25519 = read(pem, index === 0) === 'ed25519';
    if (!isEd25519)
      throw new Error(`must begin with a private Ed25519 key (PKCS #8), and have only Ed25519 keys after it; number ${index + 1} is none`);
  }
  return [first, ...others];
}

function read(pem: string, isPrivate: boolean): string | undefined {
  try {
    return (isPrivate ? createPrivateKey(pem) : createPublicKey(pem)).asymmetricKeyType;
  } catch {
    return undefined;
  }
}
