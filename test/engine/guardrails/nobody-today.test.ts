import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInSet } from '../../../src/config/resolve.ts';
import { forbidDeadRules } from '../../../src/engine/guardrails/forbid-dead-rules.ts';
import { judge } from '../../../src/engine/judge.ts';
import { readPodClass } from '../../../src/engine/model/endpoint.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';
import { type Labels, namespace, pod, policy } from './trial.ts';

/**
 * Who is somebody today, and which label is near, comes from indexes. Here each namespace and each pod is looked at
 * instead, and the distance of two texts is found by trying every slip.
 */

interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}
interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly Requirement[];
}
interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
}
interface Space {
  readonly labels: Labels;
  readonly pods: ReadonlyMap<string, Labels>;
}
type Cluster = ReadonlyMap<string, Space>;

function meets(selector: Selector, labels: Labels): boolean {
  const all = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
  );
  return [...all, ...(selector.matchExpressions ?? [])].every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists' || operator === 'DoesNotExist') return (value !== undefined) === (operator === 'Exists');
    return (value !== undefined && values.includes(value)) === (operator === 'In');
  });
}

const nameOf = (name: string, labels: Labels): Labels => ({ ...labels, 'kubernetes.io/metadata.name': name });

/** `no-namespace`, `no-pod`, or undefined where it is somebody. */
function plainAnswer(cluster: Cluster, { namespaceSelector, podSelector }: Peer, own: string) {
  const spaces = [...cluster].filter(([name, { labels }]) =>
    namespaceSelector === undefined ? name === own : meets(namespaceSelector, nameOf(name, labels)),
  );
  if (spaces.length === 0)
    return {
      answer: 'no-namespace',
      among: Array.from(cluster, ([name, { labels }]) => nameOf(name, labels)),
    } as const;
  const among = spaces.flatMap(([, { pods }]) => [...pods.values()]);
  const isAny = podSelector === undefined || Object.values(podSelector).every((one) => Object.keys(one).length === 0);
  if (isAny || among.length === 0 || among.some((labels) => meets(podSelector, labels))) return undefined;
  return { answer: 'no-pod', among } as const;
}

function slipsBetween(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  if (a[0] === b[0]) return slipsBetween(a.slice(1), b.slice(1));
  const ways = [slipsBetween(a.slice(1), b), slipsBetween(a, b.slice(1)), slipsBetween(a.slice(1), b.slice(1))];
  if (a[0] === b[1] && a[1] === b[0]) ways.push(slipsBetween(a.slice(2), b.slice(2)));
  return 1 + Math.min(...ways);
}

const nearness = new Map<string, number | undefined>();
function near(a: string, b: string): number | undefined {
  const known = `${a} ${b}`;
  if (!nearness.has(known)) {
    const count = slipsBetween(a, b);
    const isNear = count > 0 && count <= Math.min(2, Math.floor(Math.max(a.length, b.length) / 3));
    nearness.set(known, isNear ? count : undefined);
  }
  return nearness.get(known);
}

/** Of one label written by `matchLabels`: the nearest that somebody carries, and how many do. */
function plainHint([key, value]: readonly [string, string], among: readonly Labels[]): string | undefined {
  const labels = among.flatMap((one) => Object.entries(one));
  const candidates = labels.flatMap(([otherKey, otherValue]) => {
    if (otherKey !== key && otherValue !== value) return [];
    const count = otherKey === key ? near(value, otherValue) : near(key, otherKey);
    return count === undefined ? [] : [{ count, label: [otherKey, otherValue] as const }];
  });
  const [best] = candidates.sort((a, b) => a.count - b.count || (a.label.join('=') < b.label.join('=') ? -1 : 1));
  if (best === undefined) return undefined;
  const [found, its] = best.label;
  return `${found}=${its} (${among.filter((labels) => labels[found] === its).length} `;
}

const keys = ['app', 'apple', 'tier', 'tire', 'release'];
const values = ['shop', 'shpo', 'store', 'stores', 'front', 'fornt', 'backend'];
const label = fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...values));
/** Few of them, so that pods of a namespace have some in common. */
const carried = fc.oneof(label, fc.tuple(fc.constantFrom('app', 'tier'), fc.constantFrom('shop', 'front')));
const labels = fc.array(carried, { maxLength: 3 }).map((all): Labels => Object.fromEntries(all));
const requirement = fc.oneof(
  fc.record({
    key: fc.constantFrom(...keys),
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key: fc.constantFrom(...keys), operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
);
const selector: fc.Arbitrary<Selector> = fc.oneof(
  label.map((one) => ({ matchLabels: Object.fromEntries([one]) })),
  fc.array(requirement, { maxLength: 3 }).map((matchExpressions) => ({ matchExpressions })),
);
const peer: fc.Arbitrary<Peer> = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ namespaceSelector: fc.oneof(selector, fc.constant({})), podSelector: selector }),
);
const anywhere: fc.Arbitrary<Peer> = fc.record({ namespaceSelector: fc.constant({}), podSelector: selector });

const own = 'own';
const names = [own, 'blue', 'green'];
type Step =
  | { readonly kind: 'namespace'; readonly name: string; readonly labels: Labels | undefined }
  | { readonly kind: 'pod'; readonly name: string; readonly pod: string; readonly labels: Labels | undefined };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('namespace' as const),
    name: fc.constantFrom(...names.slice(1)),
    labels: fc.option(labels, { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('pod' as const),
    name: fc.constantFrom(...names),
    pod: fc.constantFrom('a', 'b', 'c'),
    labels: fc.option(labels, { nil: undefined, freq: 3 }),
  }),
);

/** A World that is changed step by step, as a watched one is, and what it ought to hold. */
class Grown {
  world = World.empty('cluster');
  readonly spaces = new Map<string, { labels: Labels | undefined; pods: Map<string, Labels> }>();

  constructor() {
    for (const name of names) this.take({ kind: 'namespace', name, labels: {} });
  }

  /** Pods in a namespace that is gone are still there: its object and theirs are watched apart. */
  get cluster(): Cluster {
    return new Map(
      Array.from(this.spaces).flatMap(([name, { labels, pods }]) =>
        labels === undefined ? [] : [[name, { labels, pods }] as const],
      ),
    );
  }

  take(one: Step): void {
    const space = this.spaces.get(one.name) ?? { labels: undefined, pods: new Map<string, Labels>() };
    this.spaces.set(one.name, space);
    if (one.kind === 'namespace') {
      space.labels = one.labels;
      const object = namespace(one.name, one.labels);
      this.world =
        one.labels === undefined ? this.world.without(refOf(object)) : this.world.with(object, refOf(object));
      return;
    }
    const old = space.pods.get(one.pod);
    const classOf = (some: Labels | undefined) => {
      const object = some && pod(`${one.name}/${one.pod}`, some);
      const read = object && readPodClass(object, refOf(object), one.name);
      return read && { ...read, workload: undefined, addresses: [] };
    };
    this.world = this.world.withPods(classOf(old), classOf(one.labels));
    if (one.labels === undefined) space.pods.delete(one.pod);
    else space.pods.set(one.pod, one.labels);
  }
}

const set = builtInSet({ registry: [forbidDeadRules] });
const guardrails = set.guardrails.map((one) => ({ ...one, configured: forbidDeadRules.configure({}) }));

function toldOf(world: World, from: Peer) {
  const object = policy({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [from] }] }, `${own}/p`);
  const change = {
    operation: 'CREATE' as const,
    ref: refOf(object),
    object,
    oldObject: undefined,
    user: { name: 'ana', groups: [] },
    dryRun: false,
  };
  const verdict = judge({ change, before: world, after: world.with(object, refOf(object)) }, { ...set, guardrails }, 0);
  expect(verdict.notChecked).toEqual([]);
  const messages = verdict.findings.map((one) => [one.key, one.say('en').message]);
  // What can never match is told of as that.
  if (messages.some(([key]) => key === 'matches-nothing')) return 'never';
  return messages.find(([key]) => key === 'selects-nothing-today')?.[1];
}

/** The one label that a selector asks for, where it asks for nothing else and is the one that finds nobody. */
function onlyLabel(from: Peer, answer: 'no-pod' | 'no-namespace'): readonly [string, string] | undefined {
  const asked = answer === 'no-pod' ? from.podSelector : from.namespaceSelector;
  const [only, another] = Object.entries(asked?.matchLabels ?? {});
  return another === undefined ? only : undefined;
}

function expectAsPlain(grown: Grown, from: Peer): boolean {
  const said = toldOf(grown.world, from);
  if (said === 'never') return false;
  const plain = plainAnswer(grown.cluster, from, own);
  expect(said === undefined).toBe(plain === undefined);
  if (plain === undefined || said === undefined) return false;
  const asked = onlyLabel(from, plain.answer);
  if (asked === undefined) return false;
  const hint = plainHint(asked, plain.among);
  expect(/nearest label is (.* \(\d+ )/.exec(said)?.[1]).toBe(hint);
  return hint !== undefined;
}

describe('forbid-dead-rules/selects-nothing-today', () => {
  it('is what a look at each namespace and pod tells, whoever came and went', () => {
    let hints = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(step, fc.tuple(peer, anywhere, anywhere)), { minLength: 10, maxLength: 40 }),
        (steps) => {
          const grown = new Grown();
          for (const [one, peers] of steps) {
            grown.take(one);
            for (const from of peers) if (expectAsPlain(grown, from)) hints += 1;
          }
        },
      ),
      { numRuns: 100, seed: 20_261_129 },
    );
    expect(hints).toBeGreaterThan(100);
  });

  it('is so in a cluster of which nobody would look at each', () => {
    const grown = new Grown();
    for (let n = 0; n < 600; n += 1) {
      const name = `team-${n}`;
      grown.take({ kind: 'namespace', name, labels: { [n % 2 === 0 ? 'app' : 'tier']: values[n % 5] ?? '' } });
      for (let p = 0; p < 4; p += 1) {
        const some: Labels = { hash: `${n * 7 + p}`, [keys[(n + p) % 4] ?? '']: values[(n * p) % 6] ?? '' };
        grown.take({ kind: 'pod', name, pod: `p${p}`, labels: some });
      }
    }
    for (let n = 0; n < 600; n += 7)
      grown.take({ kind: 'pod', name: `team-${n}`, pod: 'p0', labels: n % 2 === 0 ? undefined : { app: 'backend' } });
    let hints = 0;
    fc.assert(
      fc.property(fc.oneof(anywhere, peer), (from) => {
        if (expectAsPlain(grown, from)) hints += 1;
      }),
      { numRuns: 400, seed: 20_261_129 },
    );
    expect(hints).toBeGreaterThan(10);
  });

  it('names the nearest label, and of thousands of pods not how many carry it', () => {
    const grown = new Grown();
    for (let n = 0; n < 1700; n += 1) {
      grown.take({ kind: 'namespace', name: `team-${n}`, labels: {} });
      for (const hash of ['x', 'y'])
        grown.take({ kind: 'pod', name: `team-${n}`, pod: hash, labels: { app: 'shop', hash: `${hash}${n}` } });
    }
    const anywhere = (app: string) =>
      toldOf(grown.world, { namespaceSelector: {}, podSelector: { matchLabels: { app } } });
    expect(anywhere('shpo')).toMatch(/; the nearest label is app=shop$/);
    grown.take({ kind: 'pod', name: 'team-7', pod: 'z', labels: { app: 'backend' } });
    expect(anywhere('backedn')).toMatch(/; the nearest label is app=backend \(1 pod\)$/);
  });
});
