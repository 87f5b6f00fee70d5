import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolve } from '../../src/config/resolve.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import type { Change } from '../../src/engine/model/change.ts';
import { refOf } from '../../src/engine/model/object.ts';
import { World } from '../../src/engine/model/world.ts';

/**
 * Loss of isolation and ways around it on small worlds: two namespaces, pods with at most one label of three values, three
 * tiers. The verdict of every packet is worked out here, pod by pod, by an evaluator that shares no code with the engine.
 */

/** All policies here are about incoming traffic only, and so is what is asked for. */
const guardrails = { 'require-default-deny': { settings: { directions: ['Ingress'] } } };
const onlyIngress = resolve({ spec: { guardrails }, exemptions: [], source: {} }, { registry });

type Verdict = 'allow' | 'deny';
type Action = 'Allow' | 'Deny' | 'Pass';
type Subject = 'all' | 'a' | 'b' | 'not a';

interface Rule {
  readonly action: Action;
  /** Everyone, or some pods of the same label that are not just anybody. */
  readonly peer: 'everyone' | 'listed';
  readonly port: number | undefined;
}

interface Policy {
  readonly name: string;
  readonly tier: 'early' | 'default' | 'late';
  readonly order: number;
  readonly namespaces: readonly string[];
  /** Whether it lives in its namespace, where it is about one. */
  readonly livesThere: boolean;
  readonly subject: Subject;
  readonly rules: readonly Rule[];
}

interface Tiers {
  readonly early: 'Deny' | 'Pass';
  readonly late: 'Deny' | 'Pass';
  /** Whether the tier called early comes after all others. */
  readonly isMoved?: boolean;
}

const namespaces = ['n1', 'n2'];
const labels = [undefined, 'a', 'b', 'c'];
const ports = [80, 443];

const rule: fc.Arbitrary<Rule> = fc.record({
  action: fc.constantFrom<Action>('Allow', 'Deny', 'Pass'),
  peer: fc.constantFrom('everyone', 'everyone', 'listed'),
  port: fc.constantFrom(undefined, undefined, 80),
});

const policyNamed = (name: string, livesThere: fc.Arbitrary<boolean>): fc.Arbitrary<Policy> =>
  fc.record({
    name: fc.constant(name),
    tier: fc.constantFrom('early', 'default', 'late'),
    order: fc.constantFrom(1, 2, 3),
    namespaces: fc.constantFrom(['n1'], ['n2'], ['n1', 'n2']),
    livesThere,
    subject: fc.constantFrom<Subject>('all', 'all', 'a', 'b', 'not a'),
    rules: fc.array(rule, { maxLength: 2 }),
  });

const tiers: fc.Arbitrary<Tiers> = fc.record({
  early: fc.constantFrom('Deny', 'Pass'),
  late: fc.constantFrom('Deny', 'Pass'),
});

const others = fc
  .tuple(
    fc.option(policyNamed('p', fc.boolean()), { nil: undefined }),
    fc.option(policyNamed('q', fc.boolean()), { nil: undefined }),
    fc.option(policyNamed('r', fc.constant(false)), { nil: undefined }),
  )
  .map((some) => some.filter((one) => one !== undefined));
/** What is changed is a cluster policy. */
const changing = policyNamed('x', fc.constant(false));

function isOwn({ livesThere, namespaces }: Policy): boolean {
  return livesThere && namespaces.length === 1;
}

function selects(policy: Policy, namespace: string, label: string | undefined): boolean {
  if (!policy.namespaces.includes(namespace)) return false;
  switch (policy.subject) {
    case 'all':
      return true;
    case 'not a':
      return label !== 'a';
    default:
      return label === policy.subject;
  }
}

/** What happens to a packet of somebody unknown, and where it is decided. */
function verdictOf(
  policies: readonly Policy[],
  { early, late, isMoved = false }: Tiers,
  namespace: string,
  label: string | undefined,
  port: number,
): { verdict: Verdict; by: string } {
  const others = [
    ['default', 'Deny'],
    ['late', late],
  ] as const;
  const first = ['early', early] as const;
  for (const [tier, end] of isMoved ? [...others, first] : [first, ...others]) {
    const members = policies
      .filter((one) => one.tier === tier && selects(one, namespace, label))
      .sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
    if (members.length === 0) continue;
    let decision: Action | undefined;
    let by = '';
    search: for (const policy of members) {
      for (const one of policy.rules) {
        if (one.peer !== 'everyone' || (one.port !== undefined && one.port !== port)) continue;
        decision = one.action;
        by = policy.name;
        break search;
      }
    }
    if (decision === 'Allow') return { verdict: 'allow', by: `${tier}/${by}` };
    if (decision === 'Deny') return { verdict: 'deny', by: `${tier}/${by}` };
    if (decision === undefined && end === 'Deny') return { verdict: 'deny', by: `${tier}/end` };
  }
  return { verdict: 'allow', by: 'profile' };
}

function isIsolated(policies: readonly Policy[], tiers: Tiers, namespace: string, label: string | undefined): boolean {
  return policies.some((one) => {
    const end = one.tier === 'default' ? 'Deny' : tiers[one.tier];
    return end === 'Deny' && selects(one, namespace, label);
  });
}

function objectOf(policy: Policy): object {
  const selector = { all: '', a: "app == 'a'", b: "app == 'b'", 'not a': "app != 'a'" }[policy.subject];
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: isOwn(policy) ? 'NetworkPolicy' : 'GlobalNetworkPolicy',
    metadata: { name: policy.name, ...(isOwn(policy) ? { namespace: policy.namespaces[0] } : {}) },
    spec: {
      tier: policy.tier,
      order: policy.order,
      ...(selector === '' ? {} : { selector }),
      ...(isOwn(policy)
        ? {}
        : { namespaceSelector: `projectcalico.org/name in {${policy.namespaces.map((name) => `'${name}'`).join()}}` }),
      types: ['Ingress'],
      ingress: policy.rules.map((one) => ({
        action: one.action,
        ...(one.port === undefined ? {} : { protocol: 'TCP', destination: { ports: [one.port] } }),
        ...(one.peer === 'everyone' ? {} : { source: { selector: "role == 'client'" } }),
      })),
    },
  };
}

function tierObject(name: string, order: number, defaultAction: string): object {
  return { apiVersion: 'projectcalico.org/v3', kind: 'Tier', metadata: { name }, spec: { order, defaultAction } };
}

function orderOf(isMoved = false): number {
  return isMoved ? 3_000_000 : 100;
}

function worldOf(policies: readonly Policy[], { early, late, isMoved }: Tiers): World {
  const objects: object[] = [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    tierObject('early', orderOf(isMoved), early),
    tierObject('late', 2_000_000, late),
    ...policies.map(objectOf),
  ];
  return objects.reduce<World>((world, object) => world.with(object, refOf(object)), World.empty('cluster'));
}

interface Told {
  readonly keys: ReadonlySet<string>;
  /** Namespaces that are named where something gets around a deny. */
  readonly bypassedIn: readonly string[];
}

function toldOf(change: Change, before: World, after: World): Told {
  const verdict = judge({ change, before, after, alone: true }, onlyIngress, 0);
  expect(verdict.notChecked.filter(({ guardrail }) => guardrail === 'require-default-deny')).toEqual([]);
  const findings = verdict.findings.filter(({ guardrail }) => guardrail === 'require-default-deny');
  const texts = findings.filter(({ key }) => key === 'bypassed').map((finding) => finding.say('en').message);
  return {
    keys: new Set(findings.map(({ key }) => key)),
    bypassedIn: namespaces.filter((name) => texts.some((text) => new RegExp(`\\b${name}\\b`).test(text))),
  };
}

const user = { name: 'ana', groups: [] };

/** The World after a change, as the webhook has it: all that is not changed is the very same. */
function changedWorld(before: World, { ref, object }: Change): World {
  return object === undefined ? before.without(ref) : before.with(object, ref);
}

function changeOf(old: Policy | undefined, now: Policy | undefined): Change {
  const object = now === undefined ? undefined : objectOf(now);
  const oldObject = old === undefined ? undefined : objectOf(old);
  const operation = old === undefined ? 'CREATE' : now === undefined ? 'DELETE' : 'UPDATE';
  return { operation, ref: refOf(object ?? oldObject ?? {}), object, oldObject, user, dryRun: false };
}

interface Expected {
  readonly lost: boolean;
  readonly weakened: boolean;
  readonly bypassedIn: readonly string[];
}

function expectedOf(
  before: readonly Policy[],
  after: readonly Policy[],
  tiersBefore: Tiers,
  tiersAfter: Tiers,
): Expected {
  let lost = false;
  let weakened = false;
  const bypassed = new Set<string>();
  for (const namespace of namespaces) {
    const wasWhole = labels.every((label) => isIsolated(before, tiersBefore, namespace, label));
    for (const label of labels) {
      const was = isIsolated(before, tiersBefore, namespace, label);
      const is = isIsolated(after, tiersAfter, namespace, label);
      if (was && !is && wasWhole) lost = true;
      if (was && !is && !wasWhole) weakened = true;
      if (!is) continue;
      const pairs = [...ports, 53].map(
        (port) =>
          [
            verdictOf(before, tiersBefore, namespace, label, port),
            verdictOf(after, tiersAfter, namespace, label, port),
          ] as const,
      );
      const opened = pairs.filter(([old, now]) => old.verdict === 'deny' && now.verdict === 'allow');
      for (const [old, now] of opened) {
        const [oldTier, oldBy] = old.by.split('/');
        const [tier, by] = now.by.split('/');
        const listed = now.by !== 'profile' && (oldBy === 'end' ? oldTier === tier : oldBy === by);
        // A cluster policy that lists everything at once leaves nothing of the end of its tier.
        const everything =
          oldBy === 'end' &&
          opened.length === pairs.length &&
          opened.every(([o, n]) => o.by === old.by && n.by === now.by);
        if (!listed || (everything && hasWholeAllow(after, by))) bypassed.add(namespace);
      }
    }
  }
  return { lost, weakened, bypassedIn: [...bypassed] };
}

/** Whether some packet comes to an Allow before the rules in front of it decide about it. */
function opensSomething({ rules }: Policy): boolean {
  const packets = ports.flatMap((port) => [true, false].map((isListed) => ({ port, isListed })));
  return packets.some(({ port, isListed }) => {
    const first = rules.find(
      (one) => (one.peer === 'everyone' || isListed) && (one.port === undefined || one.port === port),
    );
    return first?.action === 'Allow';
  });
}

/** Whether a policy that opens something is put where some pods are isolated, others are not, and none that it governed was before. */
function leavesSomeOpen(
  old: Policy | undefined,
  now: Policy | undefined,
  before: readonly Policy[],
  after: readonly Policy[],
  tiers: Tiers,
): boolean {
  if (now === undefined || !opensSomething(now)) return false;
  return namespaces.some((namespace) => {
    if (![old, now].some((one) => one?.namespaces.includes(namespace))) return false;
    const isolated = labels.map((label) => isIsolated(after, tiers, namespace, label));
    const opened = labels.some((label, at) => isolated[at] === false && isIsolated(before, tiers, namespace, label));
    return !opened && isolated.includes(true) && isolated.includes(false);
  });
}

function hasWholeAllow(policies: readonly Policy[], name: string | undefined): boolean {
  const found = policies.find((one) => one.name === name);
  return (
    found !== undefined &&
    !isOwn(found) &&
    found.rules.some((one) => one.action === 'Allow' && one.peer === 'everyone' && one.port === undefined)
  );
}

function check({ keys, bypassedIn }: Told, expected: Expected): void {
  expect({ lost: keys.has('lost'), weakened: keys.has('weakened'), bypassedIn }).toEqual(expected);
}

describe('loss of isolation, and ways around it, against pods and packets one by one', () => {
  it('of policies', () => {
    fc.assert(
      fc.property(
        others,
        tiers,
        fc.option(changing, { nil: undefined }),
        fc.option(changing, { nil: undefined }),
        (rest, some, old, now) => {
          if (old === undefined && now === undefined) return;
          const before = [...rest, ...(old === undefined ? [] : [old])];
          const after = [...rest, ...(now === undefined ? [] : [now])];
          const change = changeOf(old, now);
          if (JSON.stringify(change.object) === JSON.stringify(change.oldObject)) return;
          const world = worldOf(before, some);
          const told = toldOf(change, world, changedWorld(world, change));
          check(told, expectedOf(before, after, some, some));
          expect(told.keys.has('partial')).toBe(leavesSomeOpen(old, now, before, after, some));
        },
      ),
      { numRuns: 3000, seed: 20_261_128 },
    );
  });

  it('of tiers', () => {
    fc.assert(
      fc.property(
        others,
        tiers,
        fc.constantFrom('end', 'place', 'both'),
        fc.boolean(),
        (policies, end, what, isMoved) => {
          const some: Tiers = { ...end, isMoved };
          const turned = some.early === 'Deny' ? 'Pass' : 'Deny';
          const now: Tiers = {
            ...some,
            early: what === 'place' ? some.early : turned,
            isMoved: what === 'end' ? isMoved : !isMoved,
          };
          const object = tierObject('early', orderOf(now.isMoved), now.early);
          const oldObject = tierObject('early', orderOf(some.isMoved), some.early);
          const change: Change = { operation: 'UPDATE', ref: refOf(object), object, oldObject, user, dryRun: false };
          const world = worldOf(policies, some);
          check(toldOf(change, world, changedWorld(world, change)), expectedOf(policies, policies, some, now));
        },
      ),
      { numRuns: 3000, seed: 20_261_128 },
    );
  });

  it('finds nothing in an update that says the same in other words', () => {
    fc.assert(
      fc.property(others, tiers, changing, (rest, some, policy) => {
        const respelled: Policy = {
          ...policy,
          order: policy.order + 0.5,
          namespaces: policy.namespaces.toReversed(),
          rules: policy.rules.flatMap((one) => [one, one]),
        };
        const before = [...rest, policy];
        const after = [...rest, respelled];
        const change = changeOf(policy, respelled);
        const world = worldOf(before, some);
        const { keys } = toldOf(change, world, changedWorld(world, change));
        const same = namespaces.every((namespace) =>
          labels.every((label) =>
            [...ports, 53].every(
              (port) =>
                verdictOf(before, some, namespace, label, port).verdict ===
                verdictOf(after, some, namespace, label, port).verdict,
            ),
          ),
        );
        expect(keys.has('lost') || keys.has('weakened')).toBe(false);
        if (same) expect(keys.has('bypassed')).toBe(false);
      }),
      { numRuns: 500, seed: 20_261_128 },
    );
  });
});
