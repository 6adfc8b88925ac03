/** @file Spans of requests, jobs, phases and trials, sent to an OpenTelemetry collector where one is named. */
import { INVALID_SPAN_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Telemetry, TelemetryOptions } from './telemetry.ts';

export type { Span } from '@opentelemetry/api';
export type { Telemetry } from './telemetry.ts';

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

export async function createTelemetry({ endpoint, ...options }: TelemetryOptions): Promise<Telemetry> {
  if (endpoint === null) return noTelemetry;
  // Only a service that sends spans loads what sends them.
  const { sendSpans } = await import('./collector.ts');
  return sendSpans({ endpoint, ...options });
}
