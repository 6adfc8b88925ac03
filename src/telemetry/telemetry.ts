/** @file What the service tells of its work as spans. */
import type { Attributes, Span } from '@opentelemetry/api';

export interface Telemetry {
  /** False: nobody takes them. */
  readonly recorded: boolean;
  /** A request; continues the trace of its `traceparent` header. */
  startRequest(name: string, headers: Readonly<Record<string, unknown>>): Span;
  /** A job, with no parent; its phases and its trials name it, a trial in another process by `headerOf`. The caller ends the span. */
  start(name: string, attributes: Attributes, parent?: Span | string): Span;
  /** The `traceparent` by which another process continues the trace of a span; null where nothing is recorded. */
  headerOf(span: Span): string | null;
  /** Sends what is left. */
  close(): Promise<void>;
}

export interface TelemetryOptions {
  /** Base address of an OTLP/HTTP collector, such as http://localhost:4318; null: nothing is recorded. */
  readonly endpoint: string | null;
  readonly version: string;
  /** Hears why spans could not be sent. Nothing else comes of that. */
  readonly onError: (error: unknown) => void;
}
