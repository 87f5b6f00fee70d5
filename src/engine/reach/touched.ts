import { identityOf } from '../dialects/resources.ts';
import type { Labels } from '../model/attributes.ts';
import type { CheckContext } from '../model/check-context.ts';
import { groupKind, labelsOf, type ObjectRef, refKey } from '../model/object.ts';
import { type Policy, type Rule, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { matchesBox } from '../sets/labels.ts';
import type { Party } from './party.ts';
import { hasNames } from './rule-match.ts';

/** Whom a change may make policies decide about otherwise. */
export class Touched {
  readonly #context: CheckContext;
  readonly #isTouched: (policy: Policy) => boolean;
  readonly #known = new Map<World, Map<string, readonly Policy[]>>();

  constructor(context: CheckContext) {
    this.#context = context;
    const known = new Map<Policy, boolean>();
    const decide = touchOf(context);
    this.#isTouched = (policy) => {
      const answer = known.get(policy) ?? decide(policy);
      known.set(policy, answer);
      return answer;
    };
  }

  /** The namespace in which the change takes place; undefined where it may matter in any. */
  get namespace(): string | undefined {
    const { change, before, after } = this.#context;
    if (groupKind(change.ref) !== 'Namespace')
      return change.ref.kind === 'NetworkSet' ? undefined : change.ref.namespace;
    return [before, after].some((world) => hasSets(world, change.ref.name)) ? undefined : change.ref.name;
  }

  /** Whether policies may decide otherwise about a party, which is in this namespace if in any. */
  includes(inEach: (world: World) => Party, namespace: string | undefined): boolean {
    const { change, before, after } = this.#context;
    if (groupKind(change.ref) === 'Namespace' && change.ref.name === namespace) return true;
    return [before, after].some((world) => {
      const party = inEach(world);
      if (party.kind === 'addresses') return false;
      return this.#policiesFor(world, namespace).some((policy) =>
        policy.subject.endpoints.some((box) => matchesBox(box, party.attributes)),
      );
    });
  }

  #policiesFor(world: World, namespace: string | undefined): readonly Policy[] {
    const ofWorld = this.#known.get(world) ?? new Map<string, readonly Policy[]>();
    this.#known.set(world, ofWorld);
    const key = namespace ?? '';
    const ofCluster = ofWorld.get('') ?? world.clusterPolicies().filter(this.#isTouched);
    ofWorld.set('', ofCluster);
    const known =
      ofWorld.get(key) ??
      (namespace === undefined ? ofCluster : [...ofCluster, ...world.policiesOf(namespace).filter(this.#isTouched)]);
    ofWorld.set(key, known);
    return known;
  }
}

function hasSets(world: World, namespace: string): boolean {
  for (const set of world.objects('networkSets')) if (set.ref.namespace === namespace) return true;
  return false;
}

/** How to tell whether a policy may decide otherwise because of the change. */
function touchOf({ change, before, after }: CheckContext): (policy: Policy) => boolean {
  const ref = identityOf(change.ref);
  switch (groupKind(ref)) {
    case 'Tier.projectcalico.org':
      return ({ tier }) => tier === ref.name;
    case 'NetworkSet.projectcalico.org':
    case 'GlobalNetworkSet.projectcalico.org':
      return looksAt(labelsOfSets([before, after], (set) => refKey(set) === refKey(ref)));
    case 'HostEndpoint.projectcalico.org': {
      const chooses = looksAt(labelsOfHosts([before, after], ref));
      return (policy) => chooses(policy) || rulesOf(policy).some(hasNames);
    }
    case 'Profile.projectcalico.org':
      return () => true;
    case 'Namespace': {
      const chooses = looksAt(labelsOfSets([before, after], (set) => set.namespace === ref.name));
      return (policy) => policy.ref.namespace === ref.name || chooses(policy);
    }
    default:
      return (policy) => refKey(policy.ref) === refKey(ref);
  }
}

function labelsOfSets(worlds: readonly World[], isMeant: (ref: ObjectRef) => boolean): readonly Labels[] {
  return worlds.flatMap((world) =>
    [...world.objects('networkSets')].filter(({ ref }) => isMeant(ref)).map((set) => world.attributesOfSet(set)),
  );
}

function labelsOfHosts(worlds: readonly World[], ref: ObjectRef): readonly Labels[] {
  return worlds.flatMap((world) => {
    const host = world.object('hostEndpoints', ref.name);
    return host === undefined ? [] : [world.attributesOfHost(host)];
  });
}

/** Whether some rule of a policy chooses, or leaves out, what has such labels. */
function looksAt(all: readonly Labels[]): (policy: Policy) => boolean {
  return (policy) =>
    all.length > 0 &&
    rulesOf(policy).some((rule) =>
      [...rule.peers, ...(rule.own === undefined ? [] : [rule.own])].some(({ endpoints, except = [] }) =>
        [...(endpoints === 'any' ? [] : endpoints), ...except].some((box) =>
          all.some((labels) => matchesBox(box, labels)),
        ),
      ),
    );
}

function rulesOf(policy: Policy): readonly Rule[] {
  return (['ingress', 'egress'] as const).flatMap((direction) => ruleList(policy, direction).rules);
}

/** The policies whose selectors may read other labels of a namespace after the change. */
export function readersOf({ change, before, after }: CheckContext): readonly Policy[] {
  if (groupKind(change.ref) !== 'Namespace') return [];
  const was = labelsOf(change.oldObject);
  const is = labelsOf(change.object);
  const changed = [...new Set([...was.keys(), ...is.keys()])].filter((key) => was.get(key) !== is.get(key));
  return [before, after].flatMap((world) =>
    changed.flatMap((label) => world.policiesReading(label, [was.get(label), is.get(label)])),
  );
}
