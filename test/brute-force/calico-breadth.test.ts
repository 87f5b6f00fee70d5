import fc from 'fast-check';
import { expect, test } from 'vitest';
import { builtInSet } from '../../src/config/resolve.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import { gather } from '../../src/engine/model/gather.ts';
import { refOf } from '../../src/engine/model/object.ts';
import { chooser, runs, timeout } from './runs.ts';

/** A Calico policy is as broad as what its rules, one after the other, leave open, in whatever words they are written. */

const policiesTried = 600;
const spellingsEach = 3;

/** What an endpoint must carry: its own labels, those of its namespace under `ns/`, the namespace's name as `ns`. */
type Expr =
  | { readonly all: true }
  | { readonly has: string }
  | { readonly key: string; readonly values: readonly string[] }
  | { readonly not: Expr }
  | { readonly any: readonly Expr[] }
  | { readonly both: readonly Expr[] };

type Far =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'nets'; readonly nets: readonly string[] }
  | { readonly kind: 'pods'; readonly expr: Expr; readonly family?: 4 | 6 }
  | { readonly kind: 'all-but'; readonly nets: readonly string[] };

interface Rule {
  readonly action: 'Allow' | 'Deny' | 'Pass';
  readonly far: Far;
}

const cidrs4 = [
  '0.0.0.0/0',
  '0.0.0.0/1',
  '128.0.0.0/1',
  '0.0.0.0/2',
  '10.0.0.0/8',
  '10.0.0.0/7',
  '9.0.0.0/8',
  '8.0.0.0/9',
  '203.0.113.0/24',
];
const cidrs6 = ['::/0', '::/1', '8000::/1'];

const nets4 = fc.subarray(cidrs4, { minLength: 1, maxLength: 3 });
const atom: fc.Arbitrary<Expr> = fc.oneof(
  fc.constant<Expr>({ all: true }),
  fc.constantFrom<Expr>({ has: 'app' }, { has: 'ns' }, { has: 'ns/team' }),
  fc
    .tuple(fc.constantFrom('app', 'ns', 'ns/team'), fc.subarray(['a', 'b', 'c'], { minLength: 1 }))
    .map(([key, values]): Expr => ({ key, values })),
);
const expr: fc.Arbitrary<Expr> = fc.oneof(
  atom,
  atom.map((not): Expr => ({ not })),
  fc
    .array(
      fc.oneof(
        atom,
        atom.map((not): Expr => ({ not })),
      ),
      { minLength: 2, maxLength: 2 },
    )
    .map((any): Expr => ({ any })),
  fc
    .array(
      fc.oneof(
        atom,
        atom.map((not): Expr => ({ not })),
      ),
      { minLength: 2, maxLength: 2 },
    )
    .map((both): Expr => ({ both })),
);
const far: fc.Arbitrary<Far> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Far>({ kind: 'everyone' }) },
  { weight: 5, arbitrary: nets4.map((nets): Far => ({ kind: 'nets', nets })) },
  { weight: 2, arbitrary: fc.subarray(cidrs6, { minLength: 1 }).map((nets): Far => ({ kind: 'nets', nets })) },
  { weight: 3, arbitrary: expr.map((one): Far => ({ kind: 'pods', expr: one })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(expr, fc.constantFrom<4 | 6>(4, 6))
      .map(([one, family]): Far => ({ kind: 'pods', expr: one, family })),
  },
  { weight: 2, arbitrary: fc.constantFrom('0.0.0.0/0', '::/0').map((net): Far => ({ kind: 'nets', nets: [net] })) },
  {
    weight: 2,
    arbitrary: fc
      .subarray(cidrs4.slice(1), { minLength: 1, maxLength: 3 })
      .map((nets): Far => ({ kind: 'all-but', nets })),
  },
);
const rules: fc.Arbitrary<readonly Rule[]> = fc.array(
  fc.record({
    action: fc.oneof(
      { weight: 4, arbitrary: fc.constant<Rule['action']>('Allow') },
      { weight: 1, arbitrary: fc.constantFrom<Rule['action']>('Deny', 'Pass') },
    ),
    far,
  }),
  { maxLength: 4 },
);

// ---- What is open, found by asking for one far end after the other.

const bounds = (cidr: string): readonly [number, number] => {
  const [address = '', length = '0'] = cidr.split('/');
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return [first, first + 2 ** (32 - Number(length))];
};
const inside = (cidr: string, at: number) => bounds(cidr)[0] <= at && at < bounds(cidr)[1];
const isOf4 = (cidr: string) => cidr.includes('.');
/** The two halves of IPv6 are all that the networks here tell apart. */
const inHalf = (cidr: string, half: string) => cidr === '::/0' || cidr === half;
const privateNets = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', '127.0.0.0/8'];
const points = [...new Set([...cidrs4, ...privateNets].flatMap((cidr) => [...bounds(cidr)]))]
  .filter((at) => at < 2 ** 32)
  .sort((a, b) => a - b);

type Asked =
  | { readonly kind: 4; readonly at: number }
  | { readonly kind: 6; readonly half: string }
  | { readonly kind: 'pod'; readonly labels: Readonly<Record<string, string>>; readonly family: 4 | 6 };

function matches(one: Far, asked: Asked): boolean {
  switch (one.kind) {
    case 'everyone':
      return true;
    case 'nets':
      if (asked.kind === 4) return one.nets.some((net) => isOf4(net) && inside(net, asked.at));
      return asked.kind === 6 && one.nets.some((net) => !isOf4(net) && inHalf(net, asked.half));
    case 'all-but':
      return asked.kind === 4 && !one.nets.some((net) => inside(net, asked.at));
    case 'pods':
      if (asked.kind !== 'pod' || (one.family ?? asked.family) !== asked.family) return false;
      return holds(one.expr, asked.labels);
  }
}

function holds(one: Expr, labels: Readonly<Record<string, string>>): boolean {
  if ('all' in one) return true;
  if ('has' in one) return labels[one.has] !== undefined;
  if ('key' in one) return one.values.includes(labels[one.key] ?? '');
  if ('not' in one) return !holds(one.not, labels);
  return 'any' in one ? one.any.some((part) => holds(part, labels)) : one.both.every((part) => holds(part, labels));
}

function isOpen(all: readonly Rule[], asked: Asked): boolean {
  return all.find((rule) => matches(rule.far, asked))?.action === 'Allow';
}

const every: readonly Asked[] = [
  ...points.map((at): Asked => ({ kind: 4, at })),
  { kind: 6, half: '::/1' },
  { kind: 6, half: '8000::/1' },
];

/** Whether a pod is let through wherever in the family its address is, for that or for its labels. */
function isPodOpenAnywhere(all: readonly Rule[], labels: Readonly<Record<string, string>>, family: 4 | 6): boolean {
  return every
    .filter(({ kind }) => kind === family)
    .every((asked) => {
      const first = all.find((rule) => matches(rule.far, asked) || matches(rule.far, { kind: 'pod', labels, family }));
      return first?.action === 'Allow';
    });
}

/**
 * Whether a selector lets a pod through. A pod has some address: where rules before have decided about every address of
 * the family, its labels come too late.
 */
function isPodOpen(all: readonly Rule[], labels: Readonly<Record<string, string>>, family: 4 | 6): boolean {
  const possible = every.filter(({ kind }) => kind === family);
  for (const [index, { action, far: one }] of all.entries()) {
    const isChosen = one.kind === 'pods' || action !== 'Allow';
    if (isChosen && matches(one, { kind: 'pod', labels, family })) return action === 'Allow';
    const gone = all.slice(0, index + 1).filter((rule) => rule.action !== 'Allow');
    if (possible.every((asked) => gone.some((rule) => matches(rule.far, asked)))) return false;
  }
  return false;
}

function measured(all: readonly Rule[]): readonly string[] {
  const fresh = [{ ns: 'fresh-0' }, { ns: 'fresh-1' }];
  const pod = fresh.every((labels) => isPodOpen(all, labels, 4) || isPodOpen(all, labels, 6));
  const podAnywhere = fresh.every((labels) => isPodOpenAnywhere(all, labels, 4) || isPodOpenAnywhere(all, labels, 6));
  const v6 = ['::/1', '8000::/1'].filter((half) => isOpenAddress(all, { kind: 6, half }));
  const v4 = points.map((at, index) => ({
    at,
    end: points[index + 1] ?? 2 ** 32,
    open: isOpenAddress(all, { kind: 4, at }),
  }));
  const all4 = v4.every((piece) => piece.open);
  const all6 = v6.length === 2;
  if (all4 && all6 && (pod || podAnywhere)) return ['everyone'];
  const keys = [...(all4 || all6 ? ['every-address'] : []), ...(pod ? ['every-namespace'] : [])];
  if (keys.length > 0) return keys;
  let open = 0;
  let run = 0;
  let runIsOpen = false;
  let tooMany = v6.length > 0;
  for (const piece of v4) {
    if (!piece.open) {
      run = 0;
      runIsOpen = false;
      continue;
    }
    const isPublic = !privateNets.some((net) => inside(net, piece.at));
    run += piece.end - piece.at;
    if (isPublic) open += piece.end - piece.at;
    runIsOpen ||= isPublic;
    tooMany ||= (runIsOpen && run > 2 ** 24) || open > 2 ** 24;
  }
  return tooMany ? ['too-many-addresses'] : [];
}

/** An Allow after an Allow opens as well: only what is denied or passed on before is not. */
function isOpenAddress(all: readonly Rule[], asked: Asked): boolean {
  return isOpen(all, asked);
}

// ---- Ways to write it.

type Choose = (below: number) => number;
type Written = { readonly rules: readonly object[]; readonly sets: readonly object[] };

function written(all: readonly Rule[], choose: Choose): Written {
  const found: object[] = [];
  // A selector that asks for no label chooses sets as well, so these stand in for networks only where there is none.
  const sets: object[] | undefined = all.some(({ far: one }) => one.kind === 'pods') ? undefined : [];
  for (const { action, far: one } of all) {
    for (const [source, more] of sources(one, choose, sets)) found.push({ action, source, ...more });
  }
  return { rules: found, sets: sets ?? [] };
}

function sources(one: Far, choose: Choose, sets: object[] | undefined): readonly (readonly [object, object?])[] {
  switch (one.kind) {
    case 'everyone':
      if (choose(2) === 0) return ['0.0.0.0/0', '::/0'].flatMap((net) => spelledNets([net], choose, undefined));
      return [[choose(2) === 0 ? {} : { selector: '', nets: [] }]];
    case 'pods':
      return [[podSource(one.expr, choose), one.family === undefined ? {} : { ipVersion: one.family }]];
    case 'nets':
      return spelledNets(one.nets, choose, sets);
    case 'all-but':
      return choose(2) === 0
        ? [[{ nets: ['0.0.0.0/0'], notNets: one.nets }]]
        : [[{ notNets: one.nets.flatMap((net) => halves(net, choose)) }, choose(2) === 0 ? {} : { ipVersion: 4 }]];
  }
}

function spelledNets(
  nets: readonly string[],
  choose: Choose,
  sets: object[] | undefined,
): readonly (readonly [object, object?])[] {
  const [only] = nets;
  if (only?.endsWith('/0') === true && choose(2) === 0) return [[{}, { ipVersion: isOf4(only) ? 4 : 6 }]];
  const pieces = nets.flatMap((net) => halves(net, choose));
  const how = choose(3);
  if (how === 0 && sets !== undefined) {
    const role = `r${sets.length}`;
    const metadata = { name: role, labels: { role } };
    sets.push({ apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkSet', metadata, spec: { nets: pieces } });
    return [[{ selector: choose(2) === 0 ? `role == '${role}'` : `role in {"${role}"} && has(role)` }]];
  }
  return how === 1 ? [[{ nets: pieces }]] : pieces.map((net): [object] => [{ nets: [net] }]);
}

function halves(net: string, choose: Choose): readonly string[] {
  if (choose(2) === 0 || net.endsWith('/1') || net.endsWith('/24')) return [net];
  if (net === '::/0') return ['::/1', '8000::/1'];
  const [first, end] = bounds(net);
  const length = Number(net.split('/')[1]) + 1;
  return [first, (first + end) / 2].flatMap((at) => {
    const text = [24, 16, 8, 0].map((shift) => Math.floor(at / 2 ** shift) % 256).join('.');
    return length < 3 ? halves(`${text}/${length}`, choose) : [`${text}/${length}`];
  });
}

const labelOf = (key: string, choose: Choose): string => {
  if (key === 'app') return 'app';
  if (key === 'ns/team') return 'pcns.team';
  const names = ['projectcalico.org/namespace', 'pcns.projectcalico.org/name', 'pcns.kubernetes.io/metadata.name'];
  return names[choose(3)] ?? '';
};

function podSource(one: Expr, choose: Choose): object {
  const ofNamespace = 'key' in one && one.key !== 'app';
  if (ofNamespace && choose(2) === 0) {
    const key = one.key === 'ns' ? 'projectcalico.org/name' : 'team';
    return { namespaceSelector: `${key} in {${one.values.map((value) => `"${value}"`).join(', ')}}` };
  }
  return { selector: selectorOf(one, choose) };
}

function selectorOf(one: Expr, choose: Choose): string {
  const text = plainSelector(one, choose);
  return choose(4) === 0 ? `!(!(${text}))` : text;
}

function plainSelector(one: Expr, choose: Choose): string {
  if ('all' in one) return choose(2) === 0 ? 'all()' : '(all())';
  if ('has' in one) return `has(${labelOf(one.has, choose)})`;
  if ('key' in one) {
    const label = labelOf(one.key, choose);
    if (choose(2) === 0) return `${label} in {${one.values.map((value) => `"${value}"`).join(', ')}}`;
    return `(${one.values.map((value) => `${label} == '${value}'`).join(' || ')})`;
  }
  if ('not' in one) {
    const inner = one.not;
    if ('key' in inner && choose(2) === 0) {
      const label = labelOf(inner.key, choose);
      return `(${inner.values.map((value) => `${label} != "${value}"`).join(' && ')})`;
    }
    return `!(${selectorOf(inner, choose)})`;
  }
  const parts = 'any' in one ? one.any : one.both;
  const [join, other] = 'any' in one ? ['||', '&&'] : ['&&', '||'];
  if (choose(2) === 0) return `(${parts.map((part) => selectorOf(part, choose)).join(` ${join} `)})`;
  return `!(${parts.map((part) => `!(${selectorOf(part, choose)})`).join(` ${other} `)})`;
}

// ---- What the engine says.

const set = builtInSet({ registry: registry.filter(({ name }) => name === 'forbid-broad-peers') });
const decoy = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalNetworkSet',
  metadata: { name: 'decoy', labels: { kind: 'decoy' } },
  spec: { nets: [] },
};

function denials({ rules: ingress, sets }: Written): readonly string[] {
  const object = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkPolicy',
    metadata: { name: 'g' },
    spec: { selector: "app == 'web'", types: ['Ingress'], ingress },
  };
  const ref = refOf(object);
  const before = gather([decoy, ...sets].map((one) => ({ object: one, ref: refOf(one) })));
  const change = {
    operation: 'CREATE',
    ref,
    object,
    oldObject: undefined,
    user: { name: '', groups: [] },
    dryRun: false,
  } as const;
  const { findings, notChecked } = judge({ change, before, after: before.with(object, ref) }, set, 0);
  const denied = findings.filter(({ effect }) => effect === 'deny').map(({ key }) => key);
  return [...new Set([...denied, ...notChecked.map(({ reason }) => `not checked: ${reason}`)])].sort();
}

test('every spelling of a Calico policy is denied for what its rules leave open', { timeout }, () => {
  fc.assert(
    fc.property(rules, fc.nat(), (all, seed) => {
      const choose = chooser(seed);
      const expected = measured(all).toSorted();
      for (let count = 0; count < spellingsEach; count += 1) {
        const one = written(all, choose);
        expect({ one, denied: denials(one) }).toEqual({ one, denied: expected });
      }
    }),
    runs(policiesTried),
  );
});

test('the random Calico policies are of every breadth', () => {
  const found = new Map<string, number>();
  for (const all of fc.sample(rules, { ...runs(1), numRuns: 1_000 })) {
    const keys = measured(all);
    for (const key of keys.length === 0 ? ['narrow'] : keys) found.set(key, (found.get(key) ?? 0) + 1);
  }
  for (const key of ['narrow', 'everyone', 'every-address', 'every-namespace', 'too-many-addresses']) {
    expect([key, found.get(key) ?? 0]).toEqual([key, expect.toSatisfy((count: number) => count >= 3)]);
  }
});
