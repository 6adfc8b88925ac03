/** @file Spans of requests, jobs, phases and trials, sent to an OpenTelemetry collector where one is named. */
import { type Attributes, INVALID_SPAN_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';

export type { Span } from '@opentelemetry/api';

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

/** Ends a span as one that failed. */
export function endFailed(span: Span, message: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.end();
}

const noSpan = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

const noTelemetry: Telemetry = {
  recorded: false,
  startRequest: () => noSpan,
  start: () => noSpan,
  headerOf: () => null,
  close: async () => {},
};

export interface TelemetryOptions {
  /** Base address of an OTLP/HTTP collector, such as http://localhost:4318; null: nothing is recorded. */
  readonly endpoint: string | null;
  readonly version: string;
  /** Hears why spans could not be sent. Nothing else comes of that. */
  readonly onError: (error: unknown) => void;
}

export async function createTelemetry({ endpoint, ...options }: TelemetryOptions): Promise<Telemetry> {
  if (endpoint === null) return noTelemetry;
  // Only a service that sends spans loads what sends them.
  const { sendSpans } = await import('./collector.ts');
  return sendSpans({ endpoint, ...options });
}
