import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Action, Policy, Rule } from '../../../src/engine/model/policy.ts';
import type { TierDefinition } from '../../../src/engine/model/tier.ts';
import { type Decision, fold, type Match } from '../../../src/engine/reach/fold.ts';
import { intoTiers, type Tier } from '../../../src/engine/reach/tiers.ts';
import { trace } from '../../../src/engine/reach/trace.ts';
import {
  allTraffic,
  containsTraffic,
  equalTraffic,
  formatTraffic,
  hasFlow,
  intersectTraffic,
  noTraffic,
  portTraffic,
  subtractTraffic,
  type Traffic,
  unionTraffic,
} from '../../../src/engine/sets/traffic.ts';

const tcp = (first: number, last = first) => portTraffic(6, first, last);

interface SyntheticRule {
  readonly action: Action;
  readonly traffic: Traffic;
  /** Undefined: it matches for certain. */
  readonly doubtful?: boolean;
}

interface SyntheticPolicy {
  readonly name: string;
  readonly namespace?: string;
  readonly tier: string;
  readonly order: number;
  readonly rules: readonly SyntheticRule[];
}

const allow = (traffic: Traffic, doubtful = false): SyntheticRule => ({ action: 'allow', traffic, doubtful });
const deny = (traffic: Traffic, doubtful = false): SyntheticRule => ({ action: 'deny', traffic, doubtful });
const pass = (traffic: Traffic, doubtful = false): SyntheticRule => ({ action: 'pass', traffic, doubtful });
const log = (traffic: Traffic): SyntheticRule => ({ action: 'log', traffic });

const tiers: readonly TierDefinition[] = [
  { name: 'default', order: 1_000_000, defaultAction: 'deny' },
  { name: 'security', order: 100, defaultAction: 'deny' },
  { name: 'platform', order: 200, defaultAction: 'pass' },
];

interface Built {
  readonly tiers: readonly Tier[];
  readonly matches: ReadonlyMap<Rule, Match>;
}

function build(policies: readonly SyntheticPolicy[]): Built {
  const matches = new Map<Rule, Match>();
  const made = policies.map((policy): Policy => {
    const rules = policy.rules.map(({ action, traffic, doubtful }, index): Rule => {
      const rule: Rule = { path: ['spec', 'ingress', index], action, peers: [], traffic, ports: [] };
      const doubt = doubtful === true ? 'pod-in-block' : undefined;
      matches.set(rule, { must: doubtful === true ? noTraffic : traffic, may: traffic, doubt });
      return rule;
    });
    const none = { direction: 'egress', path: ['spec', 'egress'], applies: false, declared: true, rules: [] } as const;
    return {
      ref: { group: 'example.org', version: 'v1', kind: 'Policy', namespace: policy.namespace, name: policy.name },
      enforced: true,
      stage: 'normal',
      applyOnForward: false,
      tier: policy.tier,
      order: policy.order,
      subject: { path: ['spec', 'selector'], endpoints: [] },
      ingress: { direction: 'ingress', path: ['spec', 'ingress'], applies: true, declared: true, rules },
      egress: none,
      problems: [],
    };
  });
  return { tiers: intoTiers(made, (name) => tiers.find((tier) => tier.name === name)), matches };
}

function decide(policies: readonly SyntheticPolicy[], profile: 'allow' | 'deny' = 'allow'): Decision {
  const built = build(policies);
  return {
    direction: 'ingress',
    tiers: built.tiers,
    profile,
    matching: (rule) => built.matches.get(rule) ?? { must: noTraffic, may: noTraffic },
  };
}

function outcome(policies: readonly SyntheticPolicy[], profile: 'allow' | 'deny' = 'allow'): readonly [string, string] {
  const { allowed, possible } = fold(decide(policies, profile));
  return [formatTraffic(allowed), formatTraffic(possible)];
}

const one = (
  tier: string,
  order: number,
  rules: readonly SyntheticRule[],
  name = `${tier}-${order}`,
): SyntheticPolicy => ({
  name,
  tier,
  order,
  rules,
});

describe('the verdict fold', () => {
  test('leaves to the profile what no policy governs', () => {
    expect(outcome([])).toEqual(['everything', 'everything']);
    expect(outcome([], 'deny')).toEqual(['nothing', 'nothing']);
  });

  test('ends a tier whose default is deny in deny, whether or not the policy has rules', () => {
    expect(outcome([one('default', 1000, [])])).toEqual(['nothing', 'nothing']);
    expect(outcome([one('default', 1000, [allow(tcp(80))])])).toEqual(['TCP 80', 'TCP 80']);
  });

  test('adds up the allow rules of all policies of a tier', () => {
    const policies = [one('default', 1000, [allow(tcp(80))], 'a'), one('default', 1000, [allow(tcp(443))], 'b')];
    expect(outcome(policies)).toEqual(['TCP 80, 443', 'TCP 80, 443']);
  });

  test('lets the earlier of a deny and an allow decide', () => {
    const denyFirst = [one('default', 1, [deny(tcp(80))]), one('default', 2, [allow(tcp(79, 81))])];
    const allowFirst = [one('default', 1, [allow(tcp(79, 81))]), one('default', 2, [deny(tcp(80))])];
    expect(outcome(denyFirst)).toEqual(['TCP 79, 81', 'TCP 79, 81']);
    expect(outcome(allowFirst)).toEqual(['TCP 79-81', 'TCP 79-81']);
    expect(outcome([one('default', 1, [deny(tcp(80)), allow(tcp(79, 81))])])).toEqual(['TCP 79, 81', 'TCP 79, 81']);
  });

  test('goes on after a log', () => {
    expect(outcome([one('default', 1, [log(allTraffic), allow(tcp(80)), log(tcp(80)), deny(allTraffic)])])).toEqual([
      'TCP 80',
      'TCP 80',
    ]);
  });

  test('passes to the next tier what a pass rule takes, over the head of the rest of its own tier', () => {
    const policies = [
      one('security', 1, [pass(tcp(80, 90)), allow(tcp(80, 100))]),
      one('default', 1000, [allow(tcp(85, 200))]),
    ];
    expect(outcome(policies)).toEqual(['TCP 85-100', 'TCP 85-100']);
  });

  test('leaves to the profile what the last tier passes', () => {
    expect(outcome([one('default', 1, [pass(tcp(80))])])).toEqual(['TCP 80', 'TCP 80']);
    expect(outcome([one('default', 1, [pass(tcp(80))])], 'deny')).toEqual(['nothing', 'nothing']);
  });

  test('takes a tier whose default is pass for no isolation', () => {
    expect(outcome([one('platform', 1, [deny(tcp(22))])])).toEqual(['everything but TCP 22', 'everything but TCP 22']);
    const policies = [one('platform', 1, [deny(tcp(22)), allow(tcp(80))]), one('default', 1000, [allow(tcp(22, 23))])];
    expect(outcome(policies)).toEqual(['TCP 23, 80', 'TCP 23, 80']);
  });

  test('walks tiers by their order, not by the order in which policies come', () => {
    const policies = [one('default', 1, [allow(tcp(80))]), one('security', 900, [deny(tcp(80)), pass(allTraffic)])];
    expect(outcome(policies)).toEqual(['nothing', 'nothing']);
    expect(outcome(policies.toReversed())).toEqual(['nothing', 'nothing']);
  });

  test('lets a tier that nobody defined decide last and end in deny', () => {
    const policies = [one('nowhere', 1, [allow(tcp(80))]), one('default', 1, [pass(tcp(80, 81))])];
    expect(outcome(policies)).toEqual(['TCP 80', 'TCP 80']);
  });

  test('breaks ties of order by name, then by namespace', () => {
    const names = (policies: readonly SyntheticPolicy[]) =>
      build(policies).tiers.flatMap((tier) =>
        tier.policies.map((policy) => `${policy.ref.namespace ?? ''}/${policy.ref.name}`),
      );
    const a = { ...one('default', 5, [], 'a'), namespace: 'z' };
    const b1 = { ...one('default', 5, [], 'b'), namespace: 'y' };
    const b2 = { ...one('default', 5, [], 'b'), namespace: 'z' };
    const last = one('default', Number.POSITIVE_INFINITY, [], '0');
    expect(names([last, b2, b1, a])).toEqual(['z/a', 'y/b', 'z/b', '/0']);
  });

  test('calls possible what a doubtful rule may allow, and no longer certain what one may deny', () => {
    expect(outcome([one('default', 1, [allow(tcp(80), true)])])).toEqual(['nothing', 'TCP 80']);
    expect(outcome([one('default', 1, [deny(tcp(80), true), allow(tcp(79, 81))])])).toEqual([
      'TCP 79, 81',
      'TCP 79-81',
    ]);
    expect(outcome([one('default', 1, [allow(tcp(80), true), allow(tcp(80))])])).toEqual(['TCP 80', 'TCP 80']);
    expect(outcome([one('default', 1, [pass(tcp(80), true)])])).toEqual(['nothing', 'TCP 80']);
  });

  test('says why something is only possible', () => {
    expect(fold(decide([one('default', 1, [allow(tcp(80), true)])])).doubts).toEqual(['pod-in-block']);
    expect(fold(decide([one('default', 1, [allow(tcp(80)), allow(tcp(80), true)])])).doubts).toEqual([]);
  });
});

const ports: fc.Arbitrary<Traffic> = fc.oneof(
  fc.constant(allTraffic),
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 3 }))
    .map(([first, more]) => tcp(first, first + more)),
);

const policies: fc.Arbitrary<readonly SyntheticPolicy[]> = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    tier: fc.constantFrom('default', 'security', 'platform', 'nowhere'),
    order: fc.integer({ min: 1, max: 3 }),
    rules: fc.array(
      fc.record({
        action: fc.constantFrom<Action>('allow', 'deny', 'pass', 'log'),
        traffic: ports,
        doubtful: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 4 },
);

const profiles = fc.constantFrom<'allow' | 'deny'>('allow', 'deny');

/** One port at a time, rule by rule, with every doubt resolved one way: as plain as it can be written. */
function allowsPlainly(decision: Decision, port: number, matches: (rule: Rule) => boolean): boolean {
  tier: for (const tier of decision.tiers) {
    for (const policy of tier.policies) {
      for (const rule of policy.ingress.rules) {
        if (rule.action === 'log' || !hasFlow(rule.traffic, { protocol: 6, port }) || !matches(rule)) continue;
        if (rule.action === 'pass') continue tier;
        return rule.action === 'allow';
      }
    }
    if (tier.defaultAction === 'deny') return false;
  }
  return decision.profile === 'allow';
}

describe('properties of the fold', () => {
  test('certain is what every way out of the doubts allows, possible what any allows', () => {
    fc.assert(
      fc.property(policies, profiles, (some, profile) => {
        const decision = decide(some, profile);
        const { allowed, possible } = fold(decision);
        const doubtful = decision.tiers
          .flatMap((tier) => tier.policies.flatMap((policy) => policy.ingress.rules.map((rule) => ({ policy, rule }))))
          .filter(({ policy, rule }) => rule.action !== 'log' && decision.matching(rule, policy).doubt !== undefined)
          .map(({ rule }) => rule);
        for (let port = 1; port <= 10; port += 1) {
          const ways = Array.from({ length: 2 ** doubtful.length }, (_, bits) =>
            allowsPlainly(decision, port, (rule) => {
              const index = doubtful.indexOf(rule);
              return index < 0 || ((bits >> index) & 1) === 1;
            }),
          );
          expect(hasFlow(allowed, { protocol: 6, port })).toBe(ways.every(Boolean));
          expect(hasFlow(possible, { protocol: 6, port })).toBe(ways.some(Boolean));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('what is certain is possible', () => {
    fc.assert(
      fc.property(policies, profiles, (some, profile) => {
        const { allowed, possible } = fold(decide(some, profile));
        expect(containsTraffic(possible, allowed)).toBe(true);
      }),
    );
  });

  test('the trace of one flow gives the verdict of the fold', () => {
    fc.assert(
      fc.property(policies, profiles, fc.integer({ min: 1, max: 10 }), (some, profile, port) => {
        const decision = decide(some, profile);
        const { allowed, possible } = fold(decision);
        const traced = trace(decision, tcp(port));
        const expected = hasFlow(allowed, { protocol: 6, port })
          ? 'allow'
          : hasFlow(possible, { protocol: 6, port })
            ? 'unknown'
            : 'deny';
        expect(traced.verdict).toBe(expected);
        if (expected === 'unknown') expect(traced.reasons).toEqual(['pod-in-block']);
      }),
      { numRuns: 500 },
    );
  });

  test('without doubts nothing is only possible', () => {
    fc.assert(
      fc.property(policies, profiles, (some, profile) => {
        const sure = some.map((policy) => ({
          ...policy,
          rules: policy.rules.map((rule) => ({ ...rule, doubtful: false })),
        }));
        const { allowed, possible } = fold(decide(sure, profile));
        expect(equalTraffic(allowed, possible)).toBe(true);
        expect(equalTraffic(unionTraffic(allowed, subtractTraffic(allTraffic, possible)), allTraffic)).toBe(true);
        expect(intersectTraffic(allowed, subtractTraffic(allTraffic, possible))).toBe(noTraffic);
      }),
    );
  });
});

describe('the trace of a flow', () => {
  const paths = (some: readonly SyntheticPolicy[], port: number, profile: 'allow' | 'deny' = 'allow') => {
    const { verdict, by } = trace(decide(some, profile), tcp(port));
    return [verdict, ...by.map(({ object, path }) => `${object} ${path}`)];
  };

  test('names every rule that allows it, not only the first', () => {
    const some = [
      one('default', 1, [allow(tcp(80)), allow(tcp(443)), allow(tcp(1, 100))], 'a'),
      one('default', 2, [allow(allTraffic)], 'b'),
    ];
    expect(paths(some, 80)).toEqual(['allow', 'a spec.ingress[0]', 'a spec.ingress[2]', 'b spec.ingress[0]']);
  });

  test('does not name an allow that comes after a deny of the same flow', () => {
    const some = [one('default', 1, [allow(tcp(80)), deny(tcp(80)), allow(tcp(80))], 'a')];
    expect(paths(some, 80)).toEqual(['allow', 'a spec.ingress[0]']);
  });

  test('names the deny rule that drops it', () => {
    expect(paths([one('security', 1, [deny(tcp(80))], 'a'), one('default', 1, [allow(tcp(80))], 'b')], 80)).toEqual([
      'deny',
      'a spec.ingress[0]',
    ]);
  });

  test('names the subjects of all policies that isolate where no rule lists it', () => {
    const some = [one('default', 1, [allow(tcp(80))], 'a'), one('default', 2, [], 'b')];
    expect(paths(some, 81)).toEqual(['deny', 'a spec.selector', 'b spec.selector']);
  });

  test('names the pass that leaves it to the profile, and nobody where nothing governs', () => {
    expect(paths([one('default', 1, [pass(tcp(80))], 'a')], 80)).toEqual(['allow', 'a spec.ingress[0]']);
    expect(paths([], 80)).toEqual(['allow']);
    expect(paths([], 80, 'deny')).toEqual(['deny']);
  });

  test('names what may decide where it is unknown', () => {
    expect(paths([one('default', 1, [allow(tcp(80), true)], 'a')], 80)).toEqual(['unknown', 'a spec.ingress[0]']);
  });

  test('calls unknown a wider flow of which a part is allowed', () => {
    expect(trace(decide([one('default', 1, [allow(tcp(80))], 'a')]), tcp(80, 81)).verdict).toBe('unknown');
  });
});
