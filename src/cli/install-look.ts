import { randomBytes } from 'node:crypto';
import { certificatesIn } from '../certs/bundle.ts';
import { type CertificateFinding, inspect, inspectAuthority } from '../certs/inspect.ts';
import { type Asked, askOnce } from '../cluster/ask.ts';
import { type ClusterChoice, type Connection, connect } from '../cluster/connection.ts';
import type { GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import { differences } from '../engine/install/differences.ts';
import { probePolicy, readProbeAnswer } from '../engine/install/probe.ts';
import { type RegisteredClient, type RegisteredEntry, readEntries } from '../engine/install/registered.ts';
import { asList, dig, field } from '../engine/json/read.ts';
import type { World } from '../engine/model/world.ts';
import { webhookConfiguration } from '../engine/render/registration.ts';
import { matchesBox, readSelector } from '../engine/sets/labels.ts';
import { servedAt } from './certs-look.ts';
import { entryReport } from './install-entries.ts';
import type { InstallFinding, InstallReport, Passed } from './install-report.ts';
import { seenWorld, wayFindings } from './install-world.ts';
import { sparedNamespaces } from './manifests.ts';

export interface LookOptions {
  readonly cluster: ClusterChoice;
  readonly set: GuardrailSet;
  /** Where nothing is registered, and so nothing says which it is. */
  readonly service: { readonly namespace: string; readonly name: string };
  /** Where to try; undefined for one that is judged. */
  readonly namespace: string | undefined;
  readonly now: number;
}

const configurationPath = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sekisho';

/** Looks at everything between a request and its verdict. Writes nothing. @throws ConnectionProblem */
export async function lookAtInstall(options: LookOptions): Promise<InstallReport> {
  const connection = await connect(options.cluster);
  try {
    const passed: Passed[] = [];
    const findings: InstallFinding[] = [];
    const note = (more: { readonly passed?: readonly Passed[]; readonly findings?: readonly InstallFinding[] }) => {
      passed.push(...(more.passed ?? []));
      findings.push(...(more.findings ?? []));
    };
    const registration = await askOnce(connection, configurationPath);
    const entries = registration.kind === 'ok' ? readEntries(registration.body, decoded) : [];
    const client = entries[0]?.client ?? { service: { ...options.service, port: 443 } };
    note(registrationFindings(registration, entries, client, options));

    const seen = await seenWorld(options.cluster);
    note({ findings: seen.findings });
    if ('service' in client) note(await endpointFindings(connection, client.service));
    const reached = entries.length === 0 ? undefined : await probe(connection, entries, seen.world, options.namespace);
    note(reached ?? {});
    if (registration.kind === 'ok')
      note(await certificateFindings(entries, client, reached?.reached === true, options));
    if ('service' in client && seen.world !== undefined && seen.findings.length === 0)
      note(wayFindings(seen.world, client.service, options.set, reached?.address));
    return {
      server: connection.server,
      entries: entries.map((entry) => entryReport(entry, seen.world)),
      passed,
      findings: findings.toSorted((a, b) => worst[a.severity] - worst[b.severity]),
    };
  } finally {
    connection.close();
  }
}

const worst = { error: 0, warn: 1, unknown: 2 };

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

interface Found {
  readonly passed?: readonly Passed[];
  readonly findings?: readonly InstallFinding[];
}

/** What an answer other than the object says. */
function unanswered(asked: Exclude<Asked, { kind: 'ok' }>, what: string, verb: string, rule: string): Found {
  if (asked.kind === 'forbidden')
    return { findings: [{ key: 'missing-right', severity: 'unknown', verb: `${verb} ${what}`, rule }] };
  const reason = asked.kind === 'absent' ? 'it is not there' : asked.reason;
  return { findings: [{ key: 'not-answered', severity: 'unknown', what, reason }] };
}

function registrationFindings(
  registration: Asked,
  entries: readonly RegisteredEntry[],
  client: RegisteredClient,
  { set }: LookOptions,
): Found {
  if (registration.kind === 'absent') return { findings: [{ key: 'no-registration', severity: 'error' }] };
  if (registration.kind !== 'ok') {
    const rule =
      '{apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], resourceNames: [sekisho], verbs: [get]}';
    return unanswered(registration, 'ValidatingWebhookConfiguration sekisho', 'get', rule);
  }
  const own = 'service' in client ? client.service.namespace : set.ownNamespace;
  const wanted = webhookConfiguration({
    client:
      'service' in client ? { service: { namespace: client.service.namespace, name: client.service.name } } : client,
    ca: undefined,
    failurePolicy: 'Ignore',
    excludedNamespaces: sparedNamespaces(set, own),
    ownNamespace: own,
  });
  const found = differences(entries, readEntries(wanted, decoded), own);
  return found.length === 0 ? { passed: [{ check: 'registration' }] } : { findings: found };
}

async function endpointFindings(
  connection: Connection,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Found> {
  const service = `${namespace}/${name}`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(name)}`;
  const asked = await askOnce(connection, path);
  if (asked.kind === 'absent') return { findings: [{ key: 'no-service', severity: 'error', service }] };
  if (asked.kind !== 'ok')
    return unanswered(
      asked,
      `Service ${service}`,
      'get',
      `{apiGroups: [""], resources: [services], resourceNames: [${name}], verbs: [get]}`,
    );
  const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
  const slices = await askOnce(
    connection,
    `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices?labelSelector=${selector}`,
  );
  if (slices.kind !== 'ok')
    return unanswered(
      slices,
      `EndpointSlices of ${namespace}`,
      'list',
      '{apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list]}',
    );
  const ready = (asList(field(slices.body, 'items')) ?? [])
    .flatMap((slice) => asList(field(slice, 'endpoints')) ?? [])
    // Nothing said about it means ready: kubernetes/api, discovery/v1, EndpointConditions.
    .filter((one) => dig(one, 'conditions', 'ready') !== false).length;
  if (ready === 0) return { findings: [{ key: 'no-endpoints', severity: 'error', service }] };
  if (ready === 1) return { findings: [{ key: 'one-endpoint', severity: 'warn', service }] };
  return { passed: [{ check: 'endpoints', ready }] };
}

type Reached = Found & { readonly reached: boolean; readonly address: string | undefined };

/** A dry run of a harmless policy, which only the webhook answers with a warning of its own. */
async function probe(
  connection: Connection,
  entries: readonly RegisteredEntry[],
  world: World | undefined,
  wanted: string | undefined,
): Promise<Reached> {
  const not = { reached: false, address: undefined };
  const entry = entries.find(({ name }) => name === 'policies.sekisho.dev');
  const namespace = wanted ?? judgedNamespace(entry, world);
  if (namespace === undefined) return { ...not, findings: [{ key: 'no-judged-namespace', severity: 'unknown' }] };
  const mark = randomBytes(8).toString('hex');
  const path = `/apis/networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/networkpolicies?dryRun=All`;
  const body = probePolicy(namespace, mark);
  const asked = await askOnce(connection, path, { method: 'POST', contentType: 'application/json', body });
  const warnings =
    asked.kind === 'ok' ? String(asked.headers['warning'] ?? '') : asked.kind === 'failed' ? asked.warnings : '';
  const answer = readProbeAnswer(warnings, mark);
  if (answer !== undefined) {
    const { address } = answer;
    return { reached: true, address, passed: [{ check: 'reached', namespace, address }] };
  }
  if (asked.kind === 'ok') return { ...not, findings: [{ key: 'not-reached', severity: 'error', namespace }] };
  if (asked.kind !== 'failed')
    return {
      ...not,
      ...unanswered(
        asked,
        `NetworkPolicies of ${namespace}`,
        'create',
        '{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [create]}',
      ),
    };
  const { reason } = asked;
  if (/failed calling webhook "[^"]*\.sekisho\.dev"/.test(reason))
    return { ...not, findings: [{ key: 'call-failed', severity: 'error', reason }] };
  if (/admission webhook "[^"]*\.sekisho\.dev" denied/.test(reason))
    return { reached: true, address: undefined, passed: [{ check: 'reached', namespace, address: undefined }] };
  return { ...not, findings: [{ key: 'probe-refused', severity: 'unknown', reason }] };
}

/** `default`, or the first by name, of those that the API server asks about. */
function judgedNamespace(entry: RegisteredEntry | undefined, world: World | undefined): string | undefined {
  const all = world === undefined ? [] : [...world.namespaces()];
  if (all.length === 0) return 'default';
  const selector = readSelector(entry?.namespaceSelector);
  const judged = all
    .filter(({ labels, terminating }) => !terminating && selector.ok && matchesBox(selector.box, labels))
    .map(({ name }) => name)
    .sort();
  return judged.includes('default') ? 'default' : judged[0];
}

async function certificateFindings(
  entries: readonly RegisteredEntry[],
  client: RegisteredClient,
  reached: boolean,
  { cluster, now }: LookOptions,
): Promise<Found> {
  const served = await servedChain(client, 'inCluster' in cluster);
  const hosts =
    'url' in client ? [new URL(client.url).hostname.replace(/^\[|\]$/g, '')] : [serviceHost(client.service)];
  const bundles = Map.groupBy(entries, ({ caBundle }) => caBundle);
  const findings: InstallFinding[] = [...bundles].flatMap(([bundle, members]) => {
    // With none of its own an entry takes the roots of the machine, which is right for a URL alone.
    if (bundle === '' && 'url' in client && reached) return [];
    const found =
      served.chain === undefined
        ? bundleFindings(bundle, now)
        : inspect({ chain: served.chain, key: undefined, bundle, hosts }, now).findings;
    const names = members.map(({ name }) => name);
    return found.map((finding) => ({
      key: 'certificate' as const,
      severity: finding.severity,
      entries: names,
      finding,
    }));
  });
  // Where the API server gets through, it does not matter that we do not.
  if (served.problem !== undefined && !reached)
    findings.push({ key: 'not-answered', severity: 'unknown', what: 'TLS', reason: served.problem });
  if (findings.length > 0) return { findings };
  return { passed: [{ check: 'ca-bundle', seen: served.chain !== undefined }] };
}

/** As far as a bundle can be judged without a certificate: it has an authority that is valid. */
function bundleFindings(bundle: string, now: number): readonly CertificateFinding[] {
  const each = certificatesIn(bundle).map((one) => inspectAuthority(one, now));
  if (each.length === 0) return [{ key: 'empty-bundle', severity: 'error' }];
  return each.find((one) => one.length === 0) ?? each[0] ?? [];
}

function serviceHost({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${name}.${namespace}.svc`;
}

/** From outside a cluster nobody gets to a Service; then nothing is said. */
async function servedChain(
  client: RegisteredClient,
  inCluster: boolean,
): Promise<{ readonly chain?: string; readonly problem?: string }> {
  if ('service' in client && !inCluster) return {};
  try {
    const { hostname, port } =
      'url' in client
        ? new URL(client.url)
        : { hostname: serviceHost(client.service), port: String(client.service.port) };
    return { chain: await servedAt(hostname.replace(/^\[|\]$/g, ''), Number(port || 443), undefined) };
  } catch (problem) {
    return { problem: problem instanceof Error ? problem.message : String(problem) };
  }
}
