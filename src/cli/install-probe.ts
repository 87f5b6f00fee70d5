import { randomBytes } from 'node:crypto';
import { askOnce } from '../cluster/ask.ts';
import type { Connection } from '../cluster/connection.ts';
import { probePolicy, readProbeAnswer } from '../engine/install/probe.ts';
import type { RegisteredEntry } from '../engine/install/registered.ts';
import type { World } from '../engine/model/world.ts';
import { matchesBox, readSelector } from '../engine/sets/labels.ts';
import { type Found, unanswered } from './install-unanswered.ts';

type Reached = Found & { readonly reached: boolean; readonly address: string | undefined };

/** A dry run of a harmless policy, which only the webhook answers with a warning of its own. */
export async function probe(
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
