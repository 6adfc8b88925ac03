/** @file Spans of requests, jobs, phases and trials, sent to an OpenTelemetry collector where one is named. */
import { setTimeout } from 'node:timers/promises';
import {
  type Attributes,
  defaultTextMapGetter,
  defaultTextMapSetter,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export type { Span } from '@opentelemetry/api';

/** The end of the service does not wait longer for a collector that is away. */
const LAST_EXPORT_MS = 2000;

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

/** @see https://opentelemetry.io/docs/specs/otlp/ */
export function createTelemetry({ endpoint, version, onError }: TelemetryOptions): Telemetry {
  if (endpoint === null) return noTelemetry;
  setGlobalErrorHandler(onError);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': 'gradclinic', 'service.version': version }),
    ),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('gradclinic', version);
  const propagator = new W3CTraceContextPropagator();
  return {
    recorded: true,
    startRequest(name, headers) {
      const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      return tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
    },
    start(name, attributes, parent) {
      const parentContext =
        typeof parent === 'string'
          ? propagator.extract(ROOT_CONTEXT, { traceparent: parent }, defaultTextMapGetter)
          : parent === undefined
            ? ROOT_CONTEXT
            : trace.setSpan(ROOT_CONTEXT, parent);
      return tracer.startSpan(name, { attributes }, parentContext);
    },
    headerOf(span) {
      const carrier: { traceparent?: string } = {};
      propagator.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, defaultTextMapSetter);
      return carrier.traceparent ?? null;
    },
    async close() {
      await Promise.race([provider.shutdown().catch(onError), setTimeout(LAST_EXPORT_MS)]);
    },
  };
}
