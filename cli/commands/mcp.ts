/** @file `gradclinic mcp`: tools for a coding assistant, over standard input and output. */
import { type Connection, connect, placeOf } from '../connection.ts';
import { serveTools } from '../mcp/server.ts';
import { type Command, Refusal, readArguments, SERVICE_OPTIONS } from '../program.ts';
import { version } from '../version.ts';

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments('mcp', args, SERVICE_OPTIONS);
  if (positionals.length > 0) throw new Refusal(`mcp takes no argument, not "${positionals[0]}"`);
  const place = placeOf(values);
  let connection: Promise<Connection> | null = null;
  // Looked for again after a failure: the service may be started meanwhile.
  const connectOnce = () => {
    connection ??= connect(place).catch((error: unknown) => {
      connection = null;
      throw error;
    });
    return connection;
  };
  await serveTools(version(), connectOnce);
  await (connection as Promise<Connection> | null)?.then(
    ({ close }) => close(),
    () => {},
  );
  return 0;
}

export const mcp: Command = {
  usage: `usage: gradclinic mcp [--url URL] [--api-key KEY]

Speaks the Model Context Protocol over standard input and output: an assistant starts it, nobody types into it.
docs/mcp.md has the lines for its configuration, and the tools.

  --url      the service (or GRADCLINIC_URL); default http://127.0.0.1:PORT (8080), or one of its own if none answers there,
             whose jobs end with it
  --api-key  sent as a bearer token (or GRADCLINIC_API_KEY)`,
  run,
};
