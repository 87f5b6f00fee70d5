import { EndpointToHostActions } from '../../felix/endpoint-to-host.ts';
import type { HostEndpoint } from '../../model/host-endpoint.ts';
import type { Direction, Policy } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import {
  allTraffic,
  intersectTraffic,
  noTraffic,
  subtractTraffic,
  type Traffic,
  unionTraffic,
} from '../../sets/traffic.ts';
import type { Outcome } from '../fold.ts';
import type { ReachSettings } from '../match.ts';
import type { HostParty, Party, PodParty } from '../party.ts';
import type { RuleMatcher } from '../rule-match.ts';
import type { UnknownReason } from '../unknown-reason.ts';
import { failsafeLists } from './failsafe-part.ts';
import { isInNamespace, looksAtForwarded } from './host-gate.ts';
import { HostGroup, policiesOf } from './host-group.ts';
import { HostStates } from './host-states.ts';
import { competing } from './interfaces.ts';
import type { HostDecider } from './stages.ts';

/** What a host's side says of the flows with one peer, and who decides. */
export interface HostSide extends Outcome {
  readonly deciders: readonly HostDecider<Traffic>[];
}

const open: HostSide = { allowed: allTraffic, possible: allTraffic, doubts: [], deciders: [] };

/** Whether policies for forwarded traffic may select a host endpoint of which nobody can say here what they see in it. */
function hasUnclear(world: World): boolean {
  const forwards = ({ enforced, stage, applyOnForward }: Policy) => enforced && (stage !== 'normal' || applyOnForward);
  return HostStates.of(world).someUnclear && world.clusterPolicies().some(forwards);
}

function unknown(why: UnknownReason): HostSide {
  return { allowed: noTraffic, possible: allTraffic, doubts: [why], deciders: [] };
}

/** The sides of flows on which host endpoints have their say, in one World. */
export class HostSides {
  readonly #world: World;
  readonly #settings: ReachSettings;
  readonly #matcher: RuleMatcher;
  readonly #states: HostStates;
  readonly #actions: EndpointToHostActions;
  readonly #groups = new Map<string, HostGroup>();
  /** By what `HostStates` calls the same, which tells more of them apart. */
  readonly #ofState = { ingress: new Map<string, HostGroup>(), egress: new Map<string, HostGroup>() };
  readonly #numbers = new Map<object, number>();
  readonly #known = { ingress: new Map<object, HostSide>(), egress: new Map<object, HostSide>() };
  #forwarding: { readonly [D in Direction]: readonly HostGroup[] } | undefined;
  #unclear: boolean | undefined;
  #competing: ReadonlySet<HostEndpoint> | undefined;

  constructor(world: World, matcher: RuleMatcher, settings: ReachSettings) {
    this.#world = world;
    this.#matcher = matcher;
    this.#settings = settings;
    this.#states = HostStates.of(world);
    this.#actions = new EndpointToHostActions(world);
  }

  /** Traffic of the host's own processes with `far`. One and the same object for peers that are treated alike. */
  local(direction: Direction, near: HostParty, far: Party): HostSide {
    const own = near.policed ? this.#policed(direction, near, far) : open;
    if (far.kind !== 'pod' || far.pod.hostNetwork) return own;
    return direction === 'egress' ? orOwnPod(own) : this.#orFromOwnPod(own, near.host.node);
  }

  /** What of a pod's flows is certain to pass every host endpoint there is; undefined where none of them may drop any. */
  passing(direction: Direction, near: PodParty, far: Party): Traffic | undefined {
    this.#unclear ??= hasUnclear(this.#world);
    if (this.#unclear) return noTraffic;
    const groups = this.#forwardingGroups()[direction];
    if (groups.length === 0) return undefined;
    return groups.reduce((certain, group) => subtractTraffic(certain, group.forwarded(near, far).denied), allTraffic);
  }

  #policed(direction: Direction, near: HostParty, far: Party): HostSide {
    this.#competing ??= competing(this.#world);
    if (this.#competing.has(near.host)) return unknown('several-host-endpoints');
    if (isInNamespace(near.host, this.#world)) return unknown('profile-unknown');
    const outcome = this.#groupOf(direction, near.host).local(near, far);
    const known = this.#known[direction].get(outcome);
    if (known !== undefined) return known;
    const { allowed, denied, doubts, deciders } = outcome;
    const side = { allowed: subtractTraffic(allTraffic, denied), possible: allowed, doubts, deciders };
    this.#known[direction].set(outcome, side);
    return side;
  }

  #orFromOwnPod(own: HostSide, node: string): HostSide {
    const action = this.#actions.on(node);
    const allowed = action === 'accept' ? allTraffic : noTraffic;
    const possible = action === 'drop' ? noTraffic : allTraffic;
    return {
      allowed: intersectTraffic(own.allowed, allowed),
      possible: unionTraffic(own.possible, possible),
      doubts: [...own.doubts, 'endpoint-to-host' satisfies UnknownReason],
      deciders: own.deciders,
    };
  }

  #forwardingGroups(): { readonly [D in Direction]: readonly HostGroup[] } {
    if (this.#forwarding !== undefined) return this.#forwarding;
    const hosts = [...this.#world.objects('hostEndpoints')];
    const groups = (direction: Direction) =>
      [...new Set(hosts.map((host) => this.#groupOf(direction, host)))].filter(({ gate }) => looksAtForwarded(gate));
    this.#forwarding = { ingress: groups('ingress'), egress: groups('egress') };
    return this.#forwarding;
  }

  #groupOf(direction: Direction, host: HostEndpoint): HostGroup {
    const state = this.#states.keyOf(host);
    const known = this.#ofState[direction].get(state);
    if (known !== undefined) return known;
    const { gates, failsafe } = this.#states.of(host);
    const gate = gates[direction];
    const lists = [...failsafe.inbound.sources, ...failsafe.outbound.sources].map(({ value }) => value);
    const parts = [...policiesOf(gate), ...lists].map((one: Policy | object) => this.#number(one));
    const key = [direction, host.interfaceName === '*', ...host.profiles.map((name) => JSON.stringify(name)), ...parts];
    const group =
      this.#groups.get(key.join()) ??
      new HostGroup(gate, failsafeLists(failsafe, direction), this.#matcher, this.#settings.cluster);
    this.#groups.set(key.join(), group);
    this.#ofState[direction].set(state, group);
    return group;
  }

  #number(one: object): number {
    const known = this.#numbers.get(one) ?? this.#numbers.size;
    this.#numbers.set(one, known);
    return known;
  }
}

/** A node always reaches the pods that run on it, and which these are is not known. */
function orOwnPod(own: HostSide): HostSide {
  return { ...own, possible: allTraffic, doubts: [...own.doubts, 'own-node'] };
}
