/** @file The manifests of deploy/kubernetes, read without a cluster: what they name is there, and no pod has more rights than it needs. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/metrics/index.ts';

const folder = new URL('../../deploy/kubernetes/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');

interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: every kind has another shape; the schemas below hold them to it
  readonly [field: string]: any;
}

const files = readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
const manifests: Manifest[] = files.flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => {
    expect(document.errors).toEqual([]);
    return { file, ...document.toJS() };
  }),
);
const kustomization = parse(read('kustomization.yaml'));
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
const named = (kind: string, name: string) =>
  ofKind(kind).find(({ metadata }) => metadata.name === name) as Manifest;
const workloads = [...ofKind('Deployment'), ...ofKind('Job')];
const podOf = ({ spec }: Manifest) => spec.template.spec;
const labelsOf = ({ spec }: Manifest): Record<string, string> => spec.template.metadata.labels;

/** A part of the published schemas (Kubernetes 1.31): names of fields, and what has to be given. */
const object = (properties: Record<string, unknown>, required: string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const any = {};
const names = (list: string) => Object.fromEntries(list.split(' ').map((name) => [name, any]));
const probe = object(names('httpGet failureThreshold periodSeconds timeoutSeconds initialDelaySeconds'), [
  'httpGet',
]);
const container = object(
  {
    ...names('name image command args env envFrom ports securityContext resources volumeMounts'),
    ...{ startupProbe: probe, readinessProbe: probe, livenessProbe: probe },
    lifecycle: object({ preStop: object({ exec: object(names('command'), ['command']) }) }),
    volumeMounts: { type: 'array', items: object(names('name mountPath readOnly'), ['name', 'mountPath']) },
    env: {
      type: 'array',
      items: object({ name: { type: 'string' }, value: { type: 'string' } }, ['name', 'value']),
    },
  },
  ['name', 'image'],
);
const pod = object(
  {
    ...names('automountServiceAccountToken terminationGracePeriodSeconds securityContext restartPolicy'),
    volumes: { type: 'array', items: object(names('name secret emptyDir'), ['name']) },
    containers: { type: 'array', minItems: 1, items: container },
  },
  ['containers'],
);
const template = object({ metadata: object(names('labels'), ['labels']), spec: pod }, ['spec']);
const peer = { type: 'array', items: object(names('namespaceSelector podSelector ipBlock')) };
const port = { type: 'array', items: object(names('protocol port'), ['port']) };
const rules = (side: string) => ({ type: 'array', items: object({ [side]: peer, ports: port }) });
const schemas: Record<string, object> = {
  'v1 Namespace': object({}),
  'v1 ConfigMap': { type: 'object', additionalProperties: { type: 'string' } },
  'batch/v1 Job': object({ ...names('backoffLimit'), template }, ['template']),
  'apps/v1 Deployment': object(
    { ...names('replicas strategy'), selector: object(names('matchLabels')), template },
    ['selector', 'template'],
  ),
  'v1 Service': object(names('selector ports'), ['ports']),
  'policy/v1 PodDisruptionBudget': object(names('minAvailable selector')),
  'networking.k8s.io/v1 NetworkPolicy': object(
    { ...names('podSelector policyTypes'), ingress: rules('from'), egress: rules('to') },
    ['podSelector'],
  ),
  'autoscaling/v2 HorizontalPodAutoscaler': object(
    names('scaleTargetRef minReplicas maxReplicas metrics behavior'),
    ['scaleTargetRef', 'maxReplicas'],
  ),
  'keda.sh/v1alpha1 ScaledObject': object(
    names('scaleTargetRef minReplicaCount maxReplicaCount cooldownPeriod triggers'),
    ['scaleTargetRef', 'triggers'],
  ),
};

it.each(manifests)('$file: $kind $metadata.name has the fields of its kind, and no others', (manifest) => {
  const { file, apiVersion, kind, metadata, spec, data, ...rest } = manifest;
  expect(rest).toEqual({});
  expect(metadata.name).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
  const schema = schemas[`${apiVersion} ${kind}`];
  expect(schema, `${apiVersion} ${kind}`).toBeDefined();
  const ajv = new Ajv({ allErrors: true });
  ajv.validate(schema as object, spec ?? data ?? {});
  expect(ajv.errors).toBeNull();
});

it('the schemas find a field that is misspelt, and one that is missing', () => {
  const ajv = new Ajv();
  const { spec } = named('Deployment', 'gradclinic-api');
  expect(ajv.validate(schemas['apps/v1 Deployment'] as object, { ...spec, replica: 1 })).toBe(false);
  expect(ajv.validate(schemas['apps/v1 Deployment'] as object, { ...spec, template: undefined })).toBe(false);
});

it('kustomize applies every file, but for the two ways to scale, of which one is chosen', () => {
  const optional = files.filter((file) => file.startsWith('autoscale-'));
  expect(optional).toHaveLength(2);
  expect([...kustomization.resources, ...optional].sort()).toEqual([...files].sort());
});

describe.each(workloads)('$kind $metadata.name', (workload) => {
  const { securityContext, containers, volumes, automountServiceAccountToken } = podOf(workload);
  const [only] = containers;

  it('may do nothing that Pod Security Standards call restricted, and writes to /tmp alone', () => {
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(automountServiceAccountToken).toBe(false);
    expect(containers).toHaveLength(1);
    expect(only.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const writable = only.volumeMounts.filter(({ readOnly }: { readOnly?: boolean }) => readOnly !== true);
    expect(writable.map(({ mountPath }: { mountPath: string }) => mountPath)).toEqual(['/tmp']);
    expect(only.resources.requests).toMatchObject({ cpu: expect.anything(), memory: expect.anything() });
    expect(only.resources.limits.memory).toBeDefined();
  });

  it('has the image, the settings and the volumes that it names', () => {
    expect(kustomization.images.map(({ name }: { name: string }) => name)).toContain(only.image);
    const mounted = only.volumeMounts.map(({ name }: { name: string }) => name).sort();
    expect(volumes.map(({ name }: { name: string }) => name).sort()).toEqual(mounted);
    const [config, secret] = only.envFrom;
    const settings = named('ConfigMap', config.configMapRef.name).data;
    expect(secret.secretRef.name).toBe('gradclinic-database');
    const own = Object.fromEntries(
      (only.env ?? []).map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    const { API_KEYS_FILE, ...rest } = settings;
    expect(API_KEYS_FILE).toBe('/keys/keys.json');
    const environment = { ...rest, ...own, DATABASE_URL: 'postgres://a:b@c/d', ALLOW_ANONYMOUS: 'true' };
    const { role, port: listens } = readConfig(environment);
    if (workload.kind === 'Deployment') expect(role).toBe(labelsOf(workload).part);
    if (workload.kind === 'Deployment') expect(only.ports[0].containerPort).toBe(listens);
  });
});

it('whoever takes requests ends only once no more are sent to it, and has the time for that', () => {
  const { terminationGracePeriodSeconds, containers } = podOf(named('Deployment', 'gradclinic-api'));
  const [program, seconds] = containers[0].lifecycle.preStop.exec.command;
  expect(program).toBe('sleep');
  expect(Number(seconds)).toBeGreaterThanOrEqual(5);
  expect(terminationGracePeriodSeconds).toBeGreaterThan(Number(seconds) + 10);
});

it('services, budgets and policies choose pods that are there; a deployment chooses its own', () => {
  const chosen = (selector: Record<string, string>) =>
    workloads.filter((workload) =>
      Object.entries(selector).every(([label, value]) => labelsOf(workload)[label] === value),
    ).length;
  for (const { spec } of ofKind('Service')) expect(chosen(spec.selector)).toBe(1);
  for (const { spec } of ofKind('PodDisruptionBudget')) expect(chosen(spec.selector.matchLabels)).toBe(1);
  for (const { spec } of ofKind('NetworkPolicy'))
    expect(chosen(spec.podSelector.matchLabels)).toBeGreaterThan(0);
  for (const deployment of ofKind('Deployment'))
    expect(labelsOf(deployment)).toEqual(deployment.spec.selector.matchLabels);
});

it('a policy that allows nothing by itself covers every pod', () => {
  const all = named('NetworkPolicy', 'gradclinic').spec;
  expect(all.policyTypes).toEqual(['Ingress', 'Egress']);
  expect(all.ingress).toBeUndefined();
  for (const workload of workloads) expect(labelsOf(workload)).toMatchObject(all.podSelector.matchLabels);
});

it('either way of scaling follows a metric that the service has, and a deployment that gives no number', async () => {
  const [keda] = ofKind('ScaledObject');
  const [hpa] = ofKind('HorizontalPodAutoscaler');
  const metric = hpa?.spec.metrics[0].external.metric.name;
  expect(await createMetrics().read()).toContain(`# TYPE ${metric} gauge`);
  expect(keda?.spec.triggers[0].metadata.query).toContain(metric);
  for (const scaler of [keda, hpa]) {
    const target = named('Deployment', scaler?.spec.scaleTargetRef.name);
    expect(target.spec.replicas).toBeUndefined();
  }
});
