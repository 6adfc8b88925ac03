/** @file Spans as a collector receives them. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTelemetry } from '../../src/telemetry/index.ts';
import { startTestService, tinyExperiment } from './service.ts';

interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: Record<string, unknown> }[];
}

interface Received {
  readonly resourceSpans: readonly {
    readonly resource: Pick<ReceivedSpan, 'attributes'>;
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
  }[];
}

const received: Received[] = [];
let collector: Server;
let endpoint: string;

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    expect(request.url).toBe('/v1/traces');
    received.push(JSON.parse(await text(request)) as Received);
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});

afterAll(() => {
  collector.close();
});

const attributeOf = ({ attributes }: Pick<ReceivedSpan, 'attributes'>, key: string): unknown => {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  return value === undefined ? undefined : Object.values(value)[0];
};

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

it('a request continues its trace; a job is one of phases and trials', async () => {
  const service = await startTestService({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
  const submitted = await service.post('/v1/jobs', tinyExperiment({ remedies: { verify: false } }), headers);
  const { id } = (await submitted.json()) as { id: string };
  await service.get(`/v1/jobs/${id}`, { prefer: 'wait=30' });
  await service.close();

  const resources = received.flatMap(({ resourceSpans }) => resourceSpans);
  expect(resources.map(({ resource }) => attributeOf(resource, 'service.name'))).toContain('gradclinic');
  const spans = resources.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const named = (name: string): ReceivedSpan => {
    const found = spans.filter((span) => span.name === name);
    expect(found, name).toHaveLength(1);
    return found[0] as ReceivedSpan;
  };

  const post = named('POST /v1/jobs');
  expect(post).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
  expect(attributeOf(post, 'http.response.status_code')).toBe(202);
  expect(attributeOf(post, 'gradclinic.job.id')).toBe(id);

  const job = named('job');
  expect(attributeOf(job, 'gradclinic.job.id')).toBe(id);
  expect(job.parentSpanId ?? '').toBe('');
  expect(job.traceId).not.toBe(TRACE);
  const baseline = named('phase baseline');
  expect(baseline).toMatchObject({ traceId: job.traceId, parentSpanId: job.spanId });
  // The baseline, and the reference on the same data.
  const trials = spans.filter((span) => span.name === 'trial');
  expect(trials).toHaveLength(2);
  for (const one of trials) expect(one).toMatchObject({ traceId: job.traceId });
  const trial = trials.find(
    (span) => attributeOf(span, 'gradclinic.trial.run') === 'baseline/0',
  ) as ReceivedSpan;
  expect(trial.parentSpanId).toBe(baseline.spanId);
  expect(attributeOf(trial, 'gradclinic.trial.outcome')).toBe('completed');
  for (const span of spans)
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThan(BigInt(span.startTimeUnixNano));
});

it('a collector that is away holds nothing up', async () => {
  const service = await startTestService({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  const job = await service.finish(tinyExperiment({ remedies: { verify: false } }));
  expect(job.status).toBe('succeeded');
  const start = performance.now();
  await service.close();
  expect(performance.now() - start).toBeLessThan(10_000);
});

it('another process continues the trace of a span by its header', async () => {
  const here = await createTelemetry({ endpoint, version: '0', onError: () => {} });
  const there = await createTelemetry({ endpoint, version: '0', onError: () => {} });
  const job = here.start('job of another process', {});
  const header = here.headerOf(job) ?? '';
  expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  there.start('trial elsewhere', {}, header).end();
  job.end();
  await Promise.all([here.close(), there.close()]);
  const spans = received
    .flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const spanOf = (name: string) => spans.find((span) => span.name === name);
  expect(spanOf('trial elsewhere')).toMatchObject({
    traceId: spanOf('job of another process')?.traceId,
    parentSpanId: spanOf('job of another process')?.spanId,
  });
  const none = await createTelemetry({ endpoint: null, version: '0', onError: () => {} });
  expect(none.headerOf(none.start('nothing', {}))).toBeNull();
});
