import { type Asked, askOnce } from '../cluster/ask.ts';
import { type ClusterChoice, type Connection, connect } from '../cluster/connection.ts';
import type { GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import { differences } from '../engine/install/differences.ts';
import { type RegisteredClient, type RegisteredEntry, readEntries } from '../engine/install/registered.ts';
import { asList, dig, field } from '../engine/json/read.ts';
import { webhookConfiguration } from '../engine/render/registration.ts';
import { certificateFindings } from './install-certificates.ts';
import { entryReport } from './install-entries.ts';
import { probe } from './install-probe.ts';
import type { InstallFinding, InstallReport, Passed } from './install-report.ts';
import { type Found, unanswered } from './install-unanswered.ts';
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
    const note = (more: Found) => {
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
      note(
        await certificateFindings(entries, client, reached?.reached === true, {
          inCluster: 'inCluster' in options.cluster,
          now: options.now,
        }),
      );
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
