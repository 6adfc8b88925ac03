/** @file A network between a process and its database that can be cut: what is sent is held back, nobody is told. */
import { connect, createServer, type Socket } from 'node:net';

export interface CuttableNetwork {
  readonly port: number;
  /** From now on nothing gets through, in either direction, on old and new connections. */
  cut(): void;
  /** What was held back arrives, as if it had been sent again and again. */
  mend(): void;
  /** Connections break, and new ones lead to this port. */
  redirect(to: number): void;
  close(): void;
}

/** @param port of the database, on this machine */
export async function startProxy(port: number): Promise<CuttableNetwork> {
  let to = port;
  const sockets = new Set<Socket>();
  let isCut = false;
  const join = (from: Socket, into: Socket) => {
    sockets.add(from);
    from.on('data', (bytes) => into.write(bytes));
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      into.destroy();
    });
    if (isCut) from.pause();
  };
  const server = createServer((client) => {
    const database = connect(to, '127.0.0.1');
    join(client, database);
    join(database, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    mend() {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
    redirect(port) {
      to = port;
      isCut = false;
      for (const socket of sockets) socket.destroy();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
