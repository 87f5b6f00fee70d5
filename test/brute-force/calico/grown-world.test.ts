import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolve } from '../../../src/config/resolve.ts';
import { placed } from '../../../src/engine/check/changes.ts';
import { isJudged } from '../../../src/engine/dialects/resources.ts';
import { registry } from '../../../src/engine/guardrails/registry.ts';
import { formatPath } from '../../../src/engine/json/path.ts';
import { judge } from '../../../src/engine/judge.ts';
import { type Gathered, gather } from '../../../src/engine/model/gather.ts';
import { type ObjectRef, refKey } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';
import { HostPolicies } from '../../../src/engine/reach/host/host-policies.ts';
import { addressKey } from '../../../src/engine/sets/addresses.ts';
import { boxKey, type LabelBox } from '../../../src/engine/sets/labels.ts';
import { chooser, runs, timeout } from '../runs.ts';
import type { AnyManifest } from './manifests.ts';
import { everyTrait, worldsWith } from './random-world.ts';

/**
 * A World remembers much, and hands most of it on when it changes. Whatever it went through, and whoever asked it on the
 * way, it says of every change what a World says that was made of the same objects at once.
 */

const set = resolve(
  { spec: { enforcer: 'calico', cluster: { podCIDRs: ['10.0.0.0/8'] } }, exemptions: [], source: {} },
  { registry, ownService: undefined },
);

interface Change {
  readonly old: Gathered | undefined;
  readonly now: Gathered | undefined;
}

function verdict(before: World, { old, now }: Change): unknown {
  const ref = (now ?? old)?.ref;
  if (ref === undefined) return undefined;
  const after = now === undefined ? before.without(ref) : before.with(now.object, ref);
  const change = {
    operation: old === undefined ? ('CREATE' as const) : now === undefined ? ('DELETE' as const) : ('UPDATE' as const),
    ref,
    object: now?.object,
    oldObject: old?.object,
    user: { name: 'dev', groups: [] },
    dryRun: false,
  };
  const { allowed, findings, notChecked } = judge({ change, before, after, alone: true }, set, 0);
  return {
    allowed,
    findings: findings.map((one) => [one.guardrail, one.key, one.effect, formatPath(one.path), one.say('en').message]),
    notChecked,
  };
}

/** What the peers of some policies come to, whom they are of, and who speaks of which set: others stay unasked for a while. */
function lookedUp(world: World, step: number): unknown {
  const policies = [
    ...[...world.populatedNamespaces()].flatMap((name) => world.policiesOf(name)),
    ...world.clusterPolicies(),
  ];
  const names = (some: readonly { readonly ref: ObjectRef }[]) => some.map(({ ref }) => refKey(ref)).sort();
  const boxes = policies.flatMap(({ ingress, egress, subject }) => [
    subject.endpoints,
    ...[...ingress.rules, ...egress.rules].flatMap(({ peers }) =>
      peers.flatMap(({ endpoints, except = [] }) => [...(endpoints === 'any' ? [] : [endpoints]), except]),
    ),
  ]);
  const isAsked = (some: readonly LabelBox[]) => (some.map(boxKey).join().length + step) % 3 === 0;
  const of = boxes
    .filter(isAsked)
    .map((some) => [
      some.map(boxKey).join(),
      addressKey(world.addressesKnownAs(some)),
      addressKey(world.knownAs(some).addresses),
      names(world.setsIn(some)),
      names(world.hostsIn(some)),
    ]);
  const hosts = [...world.objects('hostEndpoints')].map((host) => [
    refKey(host.ref),
    names(new HostPolicies(world).policiesOf(host)),
  ]);
  const sets = [...world.objects('networkSets')].map((set) => [refKey(set.ref), names(world.policiesChoosing(set))]);
  return [of, hosts, sets].map((all) => [...new Set(all.map((one) => JSON.stringify(one)))].sort());
}

const isPods = (object: AnyManifest) =>
  object.kind !== 'Namespace' && !isJudged(placed(object, undefined, 'default').ref);

test('a World that has grown says the same as one that is made at once', { timeout }, () => {
  const pairs = fc.tuple(worldsWith(everyTrait), worldsWith(everyTrait));
  let found = 0;
  for (const [first, second] of fc.sample(pairs, runs(60))) {
    const pick = chooser(first.seed);
    const place = (object: AnyManifest): Gathered => placed(object, undefined, 'default');
    const held = new Map(first.objects.map((one) => [refKey(place(one).ref), place(one)]));
    // Pods come and go by other ways.
    const pool = [...first.objects, ...second.objects].filter((one) => !isPods(one)).map(place);
    let grown = gather([...held.values()], 'cluster', World.empty('cluster'));
    for (let step = 0; step < 12; step += 1) {
      const one = pool[pick(pool.length)];
      if (one === undefined) continue;
      const key = refKey(one.ref);
      const old = held.get(key);
      const now = old !== undefined && pick(3) === 0 ? undefined : one;
      const asked = pool[pick(pool.length)];
      const fresh = gather([...held.values()], 'cluster', World.empty('cluster'));
      expect(lookedUp(grown, step)).toEqual(lookedUp(fresh, step));
      for (const other of [
        { old, now },
        ...(asked === undefined ? [] : [{ old: held.get(refKey(asked.ref)), now: asked }]),
      ]) {
        const said = verdict(grown, other);
        expect(said, JSON.stringify({ step, other })).toEqual(verdict(fresh, other));
        if (said !== undefined && JSON.stringify(said).includes('spec')) found += 1;
      }
      if (now === undefined) {
        held.delete(key);
        grown = grown.without(one.ref);
      } else {
        held.set(key, now);
        grown = grown.with(now.object, now.ref);
      }
    }
  }
  expect(found).toBeGreaterThan(50);
});
