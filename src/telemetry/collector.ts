/** @file Spans sent to an OpenTelemetry collector. */
import { setTimeout } from 'node:timers/promises';
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Telemetry, TelemetryOptions } from './telemetry.ts';

/** The end of the service does not wait longer for a collector that is away. */
const LAST_EXPORT_MS = 2000;

/** @see https://opentelemetry.io/docs/specs/otlp/ */
export function sendSpans({
  endpoint,
  version,
  onError,
}: TelemetryOptions & { readonly endpoint: string }): Telemetry {
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
