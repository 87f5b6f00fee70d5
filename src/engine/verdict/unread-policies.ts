import type { ConfiguredGuardrail, Finding, Findings } from '../guardrails/define.ts';
import type { CheckContext } from '../model/check-context.ts';
import type { Policy } from '../model/policy.ts';
import { hostBoxesOf } from '../model/policy-shelf.ts';
import { builtInTiers } from '../model/tier.ts';
import { World } from '../model/world.ts';

/**
 * What may be in force that the World was not allowed to read. A kind that is not served has no objects, which is
 * knowledge; and files are the whole of what is judged.
 */
export interface Unread {
  /** Policies, or the tiers that some stand in: without them no fold is complete. */
  readonly policies: boolean;
  /** Network sets, by which rules know addresses. */
  readonly sets: boolean;
  /** Host endpoints, whose way back must be kept, and which rules may know by their addresses. */
  readonly hosts: boolean;
}

const policyKinds = ['NetworkPolicy.projectcalico.org', 'GlobalNetworkPolicy.projectcalico.org'];
const setKinds = ['NetworkSet.projectcalico.org', 'GlobalNetworkSet.projectcalico.org'];

/** Undefined where nothing is missing that a verdict may hang on. */
export function unreadBy(context: CheckContext): Unread | undefined {
  const { after } = context;
  if (after.origin !== 'cluster') return undefined;
  const isMissing = (kinds: readonly string[]) => kinds.some((kind) => !after.knows(kind));
  const unread = {
    policies: isMissing(policyKinds) || (isMissing(['Tier.projectcalico.org']) && isInOtherTiers(context)),
    // Kubernetes policies speak of no sets and no hosts.
    sets: isMissing(setKinds) && after.holdsCalico,
    hosts: isMissing(['HostEndpoint.projectcalico.org']),
  };
  return unread.policies || unread.sets || unread.hosts ? unread : undefined;
}

/** Whether something stands in a tier of which only its object says when it decides, and how it ends. */
function isInOtherTiers({ after, policy, oldPolicy, change }: CheckContext): boolean {
  if (change.ref.kind === 'Tier') return true;
  const isOther = (tier: string | undefined) => tier !== undefined && !builtInTiers.has(tier);
  return isOther(policy?.tier) || isOther(oldPolicy?.tier) || [...after.tiers.names()].some(isOther);
}

/**
 * What a guardrail finds where something could not be read: what does not hang on it, or must not be missed. For the rest
 * it is said that it was not checked, and so it is where nothing was found and what was not read might have made a
 * difference, which a guardrail tells by what it misses when there is no World at all.
 */
export function checkWithout(
  unread: Unread,
  { check, guardrail }: ConfiguredGuardrail,
  context: CheckContext,
): Findings {
  const { findings, notChecked } = check(context);
  const sure = findings.filter((finding) => finding.toldInDoubt || !hangsOn(unread, finding));
  const isUnsure =
    sure.length < findings.length ||
    (guardrail.name === keepHosts
      ? concernsHosts(unread, context)
      : mayMiss(unread, guardrail.name) && needsPolicies(check(withoutWorld(context))));
  return isUnsure ? { findings: sure, notChecked: [...notChecked, 'unread-policies'] } : { findings, notChecked };
}

const keepHosts = 'keep-hosts-reachable';

/** Those that follow packets to the addresses of sets and of hosts. */
const byAddresses: readonly string[] = ['keep-dns', 'keep-flows', 'forbid-flows', keepHosts];

function hangsOn({ policies, sets, hosts }: Unread, { hangsOnWorld, guardrail, key }: Finding): boolean {
  if (!hangsOnWorld) return false;
  const isByAddress = byAddresses.includes(guardrail) || key === 'bypassed' || key === 'system-namespaces';
  return policies || ((sets || hosts) && isByAddress);
}

function mayMiss({ policies, sets, hosts }: Unread, guardrail: string): boolean {
  return (
    policies || ((sets || hosts) && (byAddresses.includes(guardrail) || (sets && guardrail === 'require-default-deny')))
  );
}

/** Whether the change may matter to some host, of which that may not have been seen. */
function concernsHosts({ hosts }: Unread, { change, policy, oldPolicy, before, after }: CheckContext): boolean {
  const { kind, group } = change.ref;
  if (kind === 'HostEndpoint' || kind === 'KubeControllersConfiguration') return true;
  if (!hosts && [before, after].every((world) => world.countOf('hostEndpoints') === 0)) return false;
  const changed = [policy, oldPolicy].flatMap((one) => one ?? []);
  if (changed.length === 0) return group !== 'networking.k8s.io' && kind !== 'NetworkPolicy';
  return changed.some(maySelectHosts);
}

function maySelectHosts(policy: Policy): boolean {
  return policy.subject.unsure === true || policy.ref.kind === 'Profile' || hostBoxesOf(policy).length > 0;
}

/** Flows are asked about for pods, and so it is pods that are missed first. */
function needsPolicies({ notChecked }: Findings): boolean {
  return notChecked.includes('no-policies') || notChecked.includes('no-pods');
}

function withoutWorld(context: CheckContext): CheckContext {
  const { ref, object, oldObject } = context.change;
  const none = World.empty('none');
  return {
    ...context,
    before: oldObject === undefined ? none : none.with(oldObject, ref),
    after: object === undefined ? none : none.with(object, ref),
  };
}
