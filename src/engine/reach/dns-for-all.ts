import { isEveryPod } from '../model/box-parts.ts';
import type { DnsServer } from '../model/cluster-facts.ts';
import type { ClusterPolicy } from '../model/cluster-governing.ts';
import type { Rule } from '../model/policy.ts';
import { RememberedByWorld } from '../model/remembered-by-world.ts';
import { builtInTiers, defaultTier } from '../model/tier.ts';
import type { World } from '../model/world.ts';
import type { LabelBox } from '../sets/labels.ts';
import { containsTraffic, isNoTraffic, noTraffic, unionTraffic } from '../sets/traffic.ts';
import { type DnsSettings, everyDns, type Lead, leadsTowards } from './dns-leads.ts';
import { endsInDeny } from './isolation.ts';
import { byOrder, inTierOrder } from './tiers.ts';

interface Known {
  readonly settings: DnsSettings;
  readonly boxes: readonly LabelBox[];
}

const known = new RememberedByWorld<Known>(1);

/**
 * Namespaces, by their labels, of which every pod reaches one of the servers for certain, over UDP and TCP: a cluster policy
 * governs them all and allows it, and nothing before it can refuse it. There may be others.
 *
 * So one look tells of ten thousand namespaces what else would take a fold for each of them.
 */
export function openToDns(world: World, settings: DnsSettings): readonly LabelBox[] {
  const make = () => ({ settings, boxes: settings.servers.flatMap((server) => openTo(server, world, settings)) });
  const found = known.of(world, '', make);
  const { servers, enforcer, podAddresses } = found.settings;
  const isAlike =
    servers === settings.servers && enforcer === settings.enforcer && podAddresses === settings.podAddresses;
  return isAlike ? found.boxes : make().boxes;
}

function openTo(server: DnsServer, world: World, settings: DnsSettings): readonly LabelBox[] {
  const leadOf = leadsTowards(server, world, settings);
  const byTier = Map.groupBy(world.clusterGoverning.policies, ({ outline }) => outline.tier);
  for (const tier of tiersOf(world, byTier.keys())) {
    // Of a policy of every namespace it is not known here whom it governs, and Kubernetes' stand in that tier.
    if (tier === defaultTier || ownMayDecide(world, tier)) return [];
    const members = (byTier.get(tier) ?? []).filter(({ outline }) => outline.egress);
    const looked = lookInto(members, world, leadOf);
    if (looked === 'refuses') return [];
    if (looked.length > 0) return looked;
    if (members.length > 0 && endsInDeny(world, tier)) return [];
  }
  return [];
}

function tiersOf(world: World, named: Iterable<string>): readonly string[] {
  const names = new Set([...builtInTiers.keys(), ...named, ...Array.from(world.objects('tiers'), ({ name }) => name)]);
  return inTierOrder(names, (name) => world.tier(name)).map(({ name }) => name);
}

/** Whether a policy of a namespace takes DNS in the tier, or makes the tier end for its pods. */
function ownMayDecide(world: World, tier: string): boolean {
  return world.tiers.does(tier, endsInDeny(world, tier) ? 'own decides egress' : 'own speaks of dns');
}

/** More than these, and it is cheaper to look at the namespaces. */
const mostPolicies = 200;

/** The namespaces of which policies of one tier let every pod through, where none before in that tier takes any of it. */
function lookInto(
  members: readonly ClusterPolicy[],
  world: World,
  leadOf: (rule: Rule) => Lead,
): readonly LabelBox[] | 'refuses' {
  const speaking = members.filter(({ outline }) => outline.dns);
  if (speaking.length > mostPolicies) return 'refuses';
  const found: LabelBox[] = [];
  const ordered = speaking
    .map(({ stored, outline }) => ({ outline, policy: world.policy(stored.ref) }))
    .sort((a, b) => (a.policy === undefined || b.policy === undefined ? 0 : byOrder(a.policy, b.policy)));
  let passes = false;
  for (const { outline, policy } of ordered) {
    if (policy === undefined) return 'refuses';
    let allowed = noTraffic;
    for (const rule of policy.egress.rules) {
      const { traffic, isSure } = leadOf(rule);
      if (rule.action === 'log' || isNoTraffic(traffic)) continue;
      if (rule.action === 'deny') return 'refuses';
      // What is passed on skips the policies that follow in this tier.
      if (rule.action === 'pass') passes = true;
      else if (isSure && !passes && rule.own === undefined) allowed = unionTraffic(allowed, traffic);
    }
    if (containsTraffic(allowed, everyDns))
      found.push(...outline.parts.filter(({ pod }) => isEveryPod(pod)).map(({ namespace }) => namespace));
  }
  return found;
}
