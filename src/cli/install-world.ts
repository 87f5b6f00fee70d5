import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterChoice } from '../cluster/connection.ts';
import { LiveWorld } from '../cluster/live-world.ts';
import { type ClusterResource, resourceName } from '../cluster/resource.ts';
import type { GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import { readAddresses } from '../engine/guardrails/settings.ts';
import type { World } from '../engine/model/world.ts';
import { type CutCall, wayNow } from '../engine/reach/webhook-way.ts';
import type { InstallFinding } from './install-report.ts';
import type { Found } from './install-unanswered.ts';

const patience = 30_000;

/** The World once, as far as the user may see it. Never rejects but for a kubeconfig that cannot be used. */
export async function seenWorld(
  cluster: ClusterChoice,
): Promise<{ readonly world: World | undefined; readonly findings: readonly InstallFinding[] }> {
  const live = await LiveWorld.connect(cluster, () => undefined);
  try {
    const end = performance.now() + patience;
    while (!live.settled() && performance.now() < end) await pause(50);
    const forbidden = live.unreadable().map(missingRight);
    const condition = live.condition();
    if (condition === true) return { world: live.current(), findings: forbidden };
    if (forbidden.length > 0 && live.settled()) return { world: undefined, findings: forbidden };
    const silent = { key: 'not-answered', severity: 'unknown', what: 'the World', reason: condition } as const;
    return { world: undefined, findings: [...forbidden, silent] };
  } finally {
    await live.stop();
  }
}

function missingRight(resource: ClusterResource): InstallFinding {
  const { group, plural } = resource;
  const rule = `{apiGroups: [${group === '' ? '""' : group}], resources: [${plural}], verbs: [get, list, watch]}`;
  return { key: 'missing-right', severity: 'unknown', verb: `list and watch ${resourceName(resource)}`, rule };
}

/**
 * Whether policies keep the API server, or Calico's, from the pods.
 *
 * @param caller the address that the API server was seen to call from
 */
export function wayFindings(
  world: World,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { enforcer, cluster }: GuardrailSet,
  caller: string | undefined,
): Found {
  const called = caller === undefined ? [] : [`${caller}/${caller.includes(':') ? 128 : 32}`];
  const servers = [...cluster.apiServers.map(({ addresses }) => addresses), ...called.map(readAddresses)];
  const way = wayNow(world, { namespace, service: name }, { enforcer, cluster }, servers);
  if (way.answer === 'unknown')
    return { findings: [{ key: 'way-unknown', severity: 'unknown', because: way.because, policies: [] }] };
  const { policies } = way;
  const isServer = ({ from }: CutCall) => 'pod' in from || servers.length > 0;
  const cut = way.cut.filter(isServer);
  if (cut.length > 0) return { findings: [{ key: 'cut-off', severity: 'error', calls: cut.map(callText), policies }] };
  if (way.cut.length + way.unsure.length > 0)
    return { findings: [{ key: 'way-unknown', severity: 'unknown', because: 'undecided', policies }] };
  return { passed: [{ check: 'way', policies }] };
}

function callText({ from, to, port }: CutCall): string {
  const who = 'address' in from ? from.address : `${from.pod.namespace}/${from.pod.name}`;
  return `${who} -> ${to.namespace}/${to.name} TCP ${port}`;
}
