import type { CheckContext } from '../../model/check-context.ts';
import type { HostEndpoint } from '../../model/host-endpoint.ts';
import type { NotCheckedReason } from '../../model/not-checked.ts';
import { refKey } from '../../model/object.ts';
import { type Direction, directions, type Policy } from '../../model/policy.ts';
import type { RequiredFlow } from '../../model/required-flow.ts';
import type { World } from '../../model/world.ts';
import {
  type AddressSet,
  addressKey,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  subtractAddresses,
  unionAddresses,
  unionAllAddresses,
} from '../../sets/addresses.ts';
import { type Traffic, trafficKey } from '../../sets/traffic.ts';
import { type InterfaceAtStake, interfacesAtStake } from './at-stake.ts';
import { createdEndpoints } from './auto-endpoints.ts';
import { looksOfChangedSets, speaksOf } from './changed-sets.ts';
import { failsafeLists } from './failsafe-part.ts';
import { foldFlow, foldReplies, type HostFlow, isFailsafe, isHost } from './flow-loss.ts';
import { ForwardedLosses } from './forwarded-loss.ts';
import { policiesOf } from './host-group.ts';
import { type HostState, HostStates } from './host-states.ts';
import type { HostDecider, HostOutcome } from './stages.ts';

/** What is dropped, and who drops it. */
export interface Dropped {
  readonly hosts: readonly HostEndpoint[];
  readonly direction: Direction;
  readonly decider: Pick<HostDecider<unknown>, 'by' | 'stage'>;
}

/** Required flows that passed before the change and are dropped after it. */
export interface Cut extends Dropped {
  readonly flows: readonly HostFlow[];
  readonly addresses: AddressSet;
}

/** Required flows that pass untracked, of which the replies are dropped. */
export interface OneWay extends Cut {
  /** Who lets them pass untracked. */
  readonly letIn: Dropped['decider'];
}

/** No policy and no profile says anything of a direction. */
export interface Undecided {
  readonly hosts: readonly HostEndpoint[];
  readonly directions: readonly Direction[];
  /** Whether failsafe ports keep something open in any of them. */
  readonly spared: boolean;
}

export interface Missing {
  readonly hosts: readonly HostEndpoint[];
  readonly profile: string;
  /** Its place in the list. */
  readonly index: number;
}

export interface Forwarded extends Dropped {
  /** Undefined where pods are told by their labels. */
  readonly addresses: AddressSet | undefined;
  readonly traffic: Traffic;
}

/** What a change does to hosts. */
export interface HostFaults {
  readonly cuts: readonly Cut[];
  readonly undecided: readonly Undecided[];
  readonly missing: readonly Missing[];
  readonly forwarded: readonly Forwarded[];
  readonly oneWay: readonly OneWay[];
  readonly notChecked: readonly NotCheckedReason[];
}

/** More kinds of host endpoints than this, times the policies that govern each, and not all of them are looked at. */
const mostWork = 100_000;

/** Undefined where the change cannot matter to any host. */
export function findHostFaults(context: CheckContext, required: readonly RequiredFlow[]): HostFaults | undefined {
  const made = createdEndpoints(context);
  if (made === 'work-cap') return { ...none, notChecked: ['work-cap'] };
  const after = made?.world ?? context.after;
  const interfaces = made?.interfaces ?? interfacesAtStake(context);
  if (context.after.origin === 'none')
    return isAboutHosts(context) ? { ...none, notChecked: ['no-policies'] } : undefined;
  if (interfaces.length === 0) return undefined;
  const judge = new HostJudge(context, after, required);
  const groups = judge.grouped(interfaces);
  if (judge.workOf(groups) > mostWork) return { ...none, notChecked: ['work-cap'] };
  for (const group of groups) judge.look(group);
  return judge.faults();
}

function isAboutHosts({ change }: CheckContext): boolean {
  return ['HostEndpoint', 'KubeControllersConfiguration'].includes(change.ref.kind);
}

const none: HostFaults = { cuts: [], undecided: [], missing: [], forwarded: [], oneWay: [], notChecked: [] };

/** Interfaces for which the change does the same. */
interface Group {
  readonly before: HostState | undefined;
  readonly after: HostState;
  readonly hosts: readonly HostEndpoint[];
}

class HostJudge {
  readonly #context: CheckContext;
  readonly #worlds: { readonly before: World; readonly after: World };
  readonly #before: HostStates;
  readonly #after: HostStates;
  readonly #flows: readonly HostFlow[];
  readonly #forwarded: ForwardedLosses;
  readonly #cuts = new Map<string, Cut>();
  readonly #undecided = new Map<string, Undecided>();
  readonly #missing = new Map<string, Missing>();
  readonly #lostForwarded = new Map<string, Forwarded>();
  readonly #oneWay = new Map<string, OneWay>();
  readonly #notChecked = new Set<NotCheckedReason>();

  constructor(context: CheckContext, after: World, required: readonly RequiredFlow[]) {
    this.#context = context;
    this.#worlds = { before: context.before, after };
    this.#before = HostStates.of(context.before);
    this.#after = HostStates.of(after, context.before);
    const nodes = nodeAddresses(context, after);
    if (isNoAddress(nodes) && required.some(({ far }) => far === 'nodes')) this.#notChecked.add('no-cluster-facts');
    this.#flows = required.flatMap(({ far, ...flow }) => {
      const addresses = far === 'nodes' ? nodes : far;
      return isNoAddress(addresses) ? [] : [{ ...flow, addresses }];
    });
    this.#forwarded = new ForwardedLosses(this.#worlds, context.cluster);
  }

  /** Interfaces for which nothing that decides about them differs, together. */
  grouped(interfaces: readonly InterfaceAtStake[]): readonly Group[] {
    const { before: old, after: now } = this.#worlds;
    const key = ({ before, after }: InterfaceAtStake) => {
      const was = before === undefined ? '' : this.#keyOf(before, this.#before, old);
      return `${was} / ${this.#keyOf(after, this.#after, now)} ${isAnother(before, after)}`;
    };
    return [...Map.groupBy(interfaces, key).values()].flatMap((alike) => {
      const [first] = alike;
      if (first === undefined) return [];
      const { before, after } = first;
      return {
        before: before && { ...this.#before.of(before), host: before },
        after: { ...this.#after.of(after), host: after },
        hosts: alike.map((one) => one.after),
      };
    });
  }

  #keyOf(host: HostEndpoint, states: HostStates, world: World): string {
    const answers = states.of(host).asks.map((own) => isHost(own, host, world, this.#context.cluster));
    return `${states.keyOf(host)} ${answers.join()}`;
  }

  /** How many policies have to be asked for all of these. */
  workOf(groups: readonly Group[]): number {
    return groups.reduce((sum, { after }) => sum + policiesOf(after.gates.ingress).length + 1, 0);
  }

  look(group: Group): void {
    if (!this.#isTouched(group)) return;
    if (group.after.unclear || group.before?.unclear === true) {
      this.#notChecked.add('unsupported-field');
      return;
    }
    const undecided = this.#lookForNothing(group);
    this.#lookForMissing(group);
    for (const flow of this.#flows) {
      if (!isFailsafe(group.after, flow)) this.#lookAt(group, flow, undecided);
    }
    this.#lookAtForwarded(group);
  }

  /** A set matters where a rule speaks of it, before or after. */
  #isTouched({ before, after }: Group): boolean {
    const { kind } = this.#context.change.ref;
    if (kind !== 'NetworkSet' && kind !== 'GlobalNetworkSet') return true;
    const looks = looksOfChangedSets(this.#context);
    return [before, after].some((state) =>
      directions.some((direction) =>
        (state === undefined ? [] : policiesOf(state.gates[direction])).some((policy) =>
          speaksOf(policy, direction, looks),
        ),
      ),
    );
  }

  faults(): HostFaults {
    return {
      cuts: [...this.#cuts.values()],
      undecided: [...this.#undecided.values()],
      missing: [...this.#missing.values()],
      forwarded: [...this.#lostForwarded.values()],
      oneWay: [...this.#oneWay.values()],
      notChecked: [...this.#notChecked],
    };
  }

  /** Whether the host endpoint itself is new or another, by a change of its own that comes at the same time. */
  #isOfHost({ before, after }: Group): boolean {
    return !isAboutHosts(this.#context) && isAnother(before?.host, after.host);
  }

  /** What becomes of a new host endpoint is told of there, but for what a policy of this change decides. */
  #isAnswerable(group: Group, { by }: Dropped['decider']): boolean {
    if (!this.#isOfHost(group)) return true;
    const { policy } = this.#context;
    if (policy === undefined) return false;
    const has = ({ ref }: Policy) => refKey(ref) === refKey(policy.ref);
    return by.kind === 'rule' ? has(by.policy) : by.kind === 'tier-end' && by.tier.policies.some(has);
  }

  /** Gives the directions that nothing decides about only now. */
  #lookForNothing(group: Group): readonly Direction[] {
    const { before, after, hosts } = group;
    const found = directions.filter(
      (direction) => isUndecided(after, direction) && (before === undefined || !isUndecided(before, direction)),
    );
    if (found.length > 0 && !this.#isOfHost(group)) {
      const spared = found.some((direction) => failsafeLists(after.failsafe, direction).perhaps.length > 0);
      merge(this.#undecided, `${found.join()} ${spared}`, { hosts, directions: found, spared });
    }
    return found;
  }

  #lookForMissing(group: Group): void {
    if (this.#isOfHost(group)) return;
    const { before, after, hosts } = group;
    const known = new Set(missingProfiles(before).map(({ name }) => name));
    for (const { name, index } of missingProfiles(after)) {
      if (!known.has(name)) merge(this.#missing, name, { hosts, profile: name, index });
    }
  }

  #lookAt(group: Group, flow: HostFlow, undecided: readonly Direction[]): void {
    const { cluster } = this.#context;
    const is = foldFlow(group.after, flow, this.#worlds.after, cluster);
    const was = group.before === undefined ? undefined : foldFlow(group.before, flow, this.#worlds.before, cluster);
    const dropped = subtractAddresses(flow.addresses, is.allowed);
    const lost = subtractAddresses(
      dropped,
      was === undefined ? noAddresses : subtractAddresses(flow.addresses, was.allowed),
    );
    let told: AddressSet = noAddresses;
    for (const decider of is.deciders) {
      const addresses = subtractAddresses(intersectAddresses(decider.taken, lost), told);
      if (decider.verdict !== 'deny' || isNoAddress(addresses)) continue;
      told = unionAddresses(told, addresses);
      // That nothing decides at all, or a profile that is not there, is told of by itself.
      const apart =
        decider.by.kind === 'missing-profile' || (decider.by.kind === 'end' && undecided.includes(flow.direction));
      if (!apart) this.#add(this.#cuts, group, flow, addresses, decider);
    }
    if (isNoAddress(lost) && !isNoAddress(newlyInDoubt(flow, is, was))) this.#notChecked.add('unsupported-field');
    this.#lookAtReplies(group, flow, is, was);
  }

  #lookAtReplies(
    group: Group,
    flow: HostFlow,
    is: HostOutcome<AddressSet>,
    was: HostOutcome<AddressSet> | undefined,
  ): void {
    const now = this.#unanswered(group.after, flow, is, this.#worlds.after);
    if (now === undefined) return;
    const old =
      was === undefined || group.before === undefined
        ? undefined
        : this.#unanswered(group.before, flow, was, this.#worlds.before);
    const addresses = old === undefined ? now.addresses : subtractAddresses(now.addresses, old.addresses);
    if (isNoAddress(addresses)) return;
    const { decider, letIn } = now;
    if (!this.#isAnswerable(group, decider) && !this.#isAnswerable(group, letIn)) return;
    const { hosts } = group;
    addTogether(this.#oneWay, placeOf(letIn), {
      hosts,
      direction: flow.direction,
      flows: [flow],
      addresses,
      decider,
      letIn,
    });
  }

  /** The far ends whose packets surely pass untracked and whose replies are surely dropped. */
  #unanswered(
    state: HostState,
    flow: HostFlow,
    outcome: HostOutcome<AddressSet>,
    world: World,
  ): Pick<OneWay, 'addresses' | 'decider' | 'letIn'> | undefined {
    const letting = outcome.deciders.filter(
      ({ stage, verdict, surely }) => stage === 'untracked' && verdict === 'allow' && !isNoAddress(surely),
    );
    if (letting.length === 0) return undefined;
    const untracked = unionAllAddresses(letting.map(({ surely }) => surely));
    const replies = foldReplies(state, flow, untracked, world, this.#context.cluster);
    const addresses = subtractAddresses(untracked, replies.allowed);
    const decider = replies.deciders.find(
      (one) => one.verdict === 'deny' && !isNoAddress(intersectAddresses(one.taken, addresses)),
    );
    const letIn = letting.find(({ surely }) => !isNoAddress(intersectAddresses(surely, addresses)));
    return decider === undefined || letIn === undefined ? undefined : { addresses, decider, letIn };
  }

  #lookAtForwarded(group: Group): void {
    const { found, doubts } = this.#forwarded.of(group.before, group.after);
    for (const doubt of doubts) this.#notChecked.add(doubt);
    for (const { direction, addresses, traffic, decider } of found) {
      if (!this.#isAnswerable(group, decider)) continue;
      const key = `${direction} ${placeOf(decider)} ${trafficKey(traffic)}`;
      merge(this.#lostForwarded, key, { hosts: group.hosts, direction, addresses, traffic, decider });
    }
  }

  #add(
    cuts: Map<string, Cut>,
    group: Group,
    flow: HostFlow,
    addresses: AddressSet,
    decider: HostDecider<AddressSet>,
  ): void {
    if (!this.#isAnswerable(group, decider)) return;
    const { hosts } = group;
    addTogether(cuts, placeOf(decider), { hosts, direction: flow.direction, flows: [flow], addresses, decider });
  }
}

/** Flows that the same rule decides about for the same addresses are told of together. */
function addTogether<T extends Cut>(all: Map<string, T>, place: string, one: T): void {
  const key = `${one.direction} ${addressKey(one.addresses)} ${place}`;
  const known = all.get(key);
  all.set(
    key,
    known === undefined
      ? one
      : {
          ...known,
          hosts: [...new Set([...known.hosts, ...one.hosts])],
          flows: [...new Set([...known.flows, ...one.flows])],
        },
  );
}

function merge<T extends { readonly hosts: readonly HostEndpoint[] }>(all: Map<string, T>, key: string, one: T): void {
  const known = all.get(key);
  all.set(key, known === undefined ? one : { ...known, hosts: [...new Set([...known.hosts, ...one.hosts])] });
}

/** Whether a host endpoint is not what it was, its addresses aside. */
function isAnother(before: HostEndpoint | undefined, after: HostEndpoint): boolean {
  return before === undefined || (before !== after && lookOf(before) !== lookOf(after));
}

function lookOf({ labels, profiles, namedPorts, interfaceName }: HostEndpoint): string {
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted, profiles, namedPorts, interfaceName === '*']);
}

/** By whom, as a text that tells deciders apart. */
function placeOf({ stage, by }: Pick<HostDecider<unknown>, 'stage' | 'by'>): string {
  switch (by.kind) {
    case 'rule':
      return JSON.stringify([stage, by.policy.ref.name, by.rule.path]);
    case 'tier-end':
      return JSON.stringify([stage, by.tier.name, by.tier.policies.map(({ ref }) => ref.name)]);
    case 'profile':
    case 'missing-profile':
      return JSON.stringify([stage, by.profile.name, by.kind === 'profile' ? by.rule?.path : by.kind]);
    default:
      return JSON.stringify([stage, by.kind]);
  }
}

function isUndecided({ host, gates }: HostState, direction: Direction): boolean {
  return host.profiles.length === 0 && gates[direction].normal.length === 0;
}

function missingProfiles(state: HostState | undefined): HostState['gates']['ingress']['profiles'] {
  return state === undefined ? [] : state.gates.ingress.profiles.filter(({ is }) => is.kind === 'missing');
}

/** What passed for certain, and may be dropped now. */
function newlyInDoubt(
  flow: HostFlow,
  is: HostOutcome<AddressSet>,
  was: HostOutcome<AddressSet> | undefined,
): AddressSet {
  const doubtful = intersectAddresses(is.denied, is.allowed);
  const before = was === undefined ? noAddresses : was.denied;
  return subtractAddresses(intersectAddresses(flow.addresses, doubtful), before);
}

/**
 * Those of the configuration; where it gives none, those of the Nodes and host endpoints of the World. What a host
 * endpoint no longer says of its node is not gone from it.
 */
function nodeAddresses({ cluster, change, before }: CheckContext, world: World): AddressSet {
  if (!isNoAddress(cluster.nodeAddresses)) return cluster.nodeAddresses;
  const isUpdated = change.ref.kind === 'HostEndpoint' && world.object('hostEndpoints', change.ref.name) !== undefined;
  const was = isUpdated ? before.object('hostEndpoints', change.ref.name) : undefined;
  return was === undefined ? world.nodeAddresses : unionAddresses(world.nodeAddresses, was.expectedIPs);
}
