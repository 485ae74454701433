import { createServer } from 'node:net';

/** Whether a port can be listened on. Errors: Error in one line with what to do, `hint` being the words after "stop it, or". */
export async function checkPort(setting: string, port: number, host: string, hint: string): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ port, host, exclusive: true }, resolve));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new Error(`port ${port} on ${host} (${setting}) is taken by another program: stop it, or ${hint}`, { cause: error });
    if (code === 'EACCES')
      throw new Error(`port ${port} on ${host} (${setting}) needs rights this user does not have: ${hint}`, { cause: error });
    throw new Error(`port ${port} on ${host} (${setting}) cannot be listened on (${message})`, { cause: error });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
