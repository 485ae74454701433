import { X509Certificate, createPrivateKey } from 'node:crypto';
import { createServer, connect, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { makeLoopbackCertificate } from './certificate.js';

const { certificate, key } = await makeLoopbackCertificate('a store');

describe('a certificate for this machine', () => {
  const parsed = new X509Certificate(certificate);

  it('is for this machine only, vouches for itself and belongs to its key', async () => {
    expect([parsed.checkHost('localhost'), parsed.checkIP('127.0.0.1'), parsed.checkIP('::1')]).toEqual(['localhost', '127.0.0.1', '::1']);
    expect([parsed.checkHost('example.com'), parsed.checkIP('127.0.0.2')]).toEqual([undefined, undefined]);
    expect([parsed.subject, parsed.ca, parsed.verify(parsed.publicKey), parsed.checkPrivateKey(createPrivateKey(key))]).toEqual([
      'CN=a store',
      true,
      true,
      true,
    ]);
    expect(parsed.serialNumber).not.toBe(new X509Certificate((await makeLoopbackCertificate('a store')).certificate).serialNumber);
  });

  it('is accepted by a client that trusts it, and by no other', async () => {
    const server = createServer({ cert: certificate, key }, (socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const outcome = (ca: string | undefined) =>
      new Promise((resolve) => {
        const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca }, () => resolve('connected'));
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        socket.on('data', () => undefined);
      });
    expect(await outcome(certificate)).toBe('connected');
    expect(await outcome(undefined)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(await outcome((await makeLoopbackCertificate('another')).certificate)).not.toBe('connected');
    await new Promise((resolve) => server.close(resolve));
  });
});
