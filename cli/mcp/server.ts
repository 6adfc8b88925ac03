/** @file A server of the Model Context Protocol over the tools; what the service refuses is a tool's error, with pointer and fix. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { Connection } from '../connection.ts';
import { Refusal } from '../program.ts';
import { type Tool, tools } from './tools.ts';

const INSTRUCTIONS = `GradClinic trains a network for real, measures the gradients of every layer, says what is wrong, and proves remedies.
To diagnose a network: write it as an experiment (read_catalog has the words), preflight it, submit_experiment, wait_for_job until it has ended, read_summary, then read_report or read_statistics for the evidence.
A training that was recorded elsewhere goes to diagnose_trace.`;

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

async function answer(
  tool: Tool,
  connect: () => Promise<Connection>,
  input: unknown,
): Promise<CallToolResult> {
  try {
    const value = await tool.call(await connect(), input as never);
    return { content: [{ type: 'text', text: asText(value) }] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { isError: true, content: [{ type: 'text', text: error.message }] };
  }
}

/**
 * Serves until the client closes its end.
 * @param connect called by every tool; finds the service at the first one
 */
export async function serveTools(version: string, connect: () => Promise<Connection>): Promise<void> {
  const server = new McpServer({ name: 'gradclinic', version }, { instructions: INSTRUCTIONS });
  for (const tool of tools) {
    const { name, description, input: inputSchema, readOnly } = tool;
    const annotations = {
      readOnlyHint: readOnly,
      destructiveHint: name === 'cancel_job',
      openWorldHint: false,
    };
    server.registerTool(name, { description, inputSchema, annotations }, (input: unknown) =>
      answer(tool, connect, input),
    );
  }
  const transport = new StdioServerTransport();
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    // The transport does not look at the end of its input.
    process.stdin.once('end', resolve).once('close', resolve);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  await server.connect(transport);
  await closed;
  await server.close();
}
