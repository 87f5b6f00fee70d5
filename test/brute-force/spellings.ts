import { type Address, addressText, bitsOf, type Range } from './addresses.ts';
import { cidrOf, type Direction, directions } from './breadth-measure.ts';
import { appliesTo, peersOf, rulesOf } from './evaluator.ts';
import type {
  Block,
  Expression,
  PeerObject,
  PolicyObject,
  PolicySpec,
  PortObject,
  RuleObject,
  Selector,
} from './manifests.ts';

/** Other ways to write a policy that opens the same, as far as its breadth goes. */

export type Choose = (below: number) => number;

export function respelled(object: PolicyObject, choose: Choose): PolicyObject {
  const policy = { namespace: object.metadata.namespace ?? 'default', object };
  const [ingress, egress] = directions.map((direction) =>
    respelledRules(rulesOf(policy, direction), direction, choose),
  );
  const types = directions
    .filter((direction) => appliesTo(policy, direction))
    .map((direction) => (direction === 'ingress' ? 'Ingress' : 'Egress'));
  const { podSelector, policyTypes } = object.spec;
  const spec: PolicySpec = {
    podSelector:
      podSelector === null || podSelector === undefined
        ? oneOf([null, {}, { matchLabels: {} }], choose)
        : respelledSelector(podSelector, choose),
    policyTypes: oneOf([policyTypes ?? null, types, types.toReversed()], choose),
    ingress: ingress ?? [],
    egress: egress ?? [],
  };
  return { ...object, spec };
}

function oneOf<T>(all: readonly T[], choose: Choose): T {
  const found = all[choose(all.length)];
  if (found === undefined && all.length === 0) throw new Error('nothing to choose from');
  return found as T;
}

function shuffled<T>(all: readonly T[], choose: Choose): readonly T[] {
  const left = [...all];
  const found: T[] = [];
  while (left.length > 0) found.push(...left.splice(choose(left.length), 1));
  return found;
}

/** A rule of many peers is many rules, and so is a rule of many ports. */
function respelledRules(rules: readonly RuleObject[], direction: Direction, choose: Choose): readonly RuleObject[] {
  const found = rules.flatMap((rule) => {
    const written = peersOf(rule, direction);
    const peers =
      written.length === 0 ? everyone(choose) : written.flatMap((peer) => respelledPeer(peer ?? {}, choose));
    const groups = peers === undefined ? [undefined] : grouped(shuffled(peers, choose), choose);
    return groups.flatMap((group) =>
      respelledPorts(rule.ports ?? [], choose).map((ports): RuleObject => {
        const far =
          direction === 'ingress'
            ? { from: group ?? oneOf([null, []], choose) }
            : { to: group ?? oneOf([null, []], choose) };
        return { ...far, ports };
      }),
    );
  });
  return shuffled(found, choose);
}

/** Undefined for a rule without peers. */
function everyone(choose: Choose): readonly PeerObject[] | undefined {
  if (choose(2) === 0) return undefined;
  const blocks = ['0.0.0.0/0', '::/0'].flatMap((cidr) => respelledBlock({ cidr }, choose));
  return [...blocks.map((ipBlock) => ({ ipBlock })), ...respelledPeer({ namespaceSelector: {} }, choose)];
}

/** In order, cut anywhere. */
function grouped<T>(all: readonly T[], choose: Choose): readonly (readonly T[])[] {
  const groups: T[][] = [];
  for (const one of all) {
    const open = groups.at(-1);
    if (open === undefined || choose(3) === 0) groups.push([one]);
    else open.push(one);
  }
  return groups;
}

function respelledPorts(
  ports: readonly (PortObject | null)[],
  choose: Choose,
): readonly (readonly PortObject[] | null)[] {
  if (ports.length === 0) return [oneOf([null, []], choose)];
  const entries = shuffled(ports, choose).map((port) => respelledPort(port ?? {}, choose));
  return grouped(entries, choose);
}

function respelledPort({ protocol, port, endPort }: PortObject, choose: Choose): PortObject {
  const own = (protocol ?? 'TCP') === 'TCP' ? oneOf(['TCP', null], choose) : (protocol ?? null);
  if (typeof port !== 'number') return { protocol: own, port: port ?? null };
  return { protocol: own, port, endPort: endPort ?? oneOf([port, null], choose) };
}

function respelledPeer({ ipBlock, namespaceSelector, podSelector }: PeerObject, choose: Choose): readonly PeerObject[] {
  if (ipBlock) return respelledBlock(ipBlock, choose).map((block) => ({ ipBlock: block }));
  if (!namespaceSelector)
    return [{ podSelector: respelledSelector(podSelector ?? {}, choose), namespaceSelector: null }];
  const pods = isEmpty(podSelector) ? oneOf([null, undefined, {}, { matchLabels: {} }], choose) : podSelector;
  const peer = {
    namespaceSelector: respelledSelector(namespaceSelector, choose, everyName),
    ...(pods === undefined ? {} : { podSelector: pods === null ? null : respelledSelector(pods, choose) }),
  };
  // Nobody is let in twice.
  return choose(6) === 0 ? [peer, peer] : [peer];
}

function isEmpty(selector: Selector | null | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
}

const nameLabel = 'kubernetes.io/metadata.name';

/** True of every namespace, or of all but some that nobody has. */
const everyName: readonly Expression[] = [
  { key: nameLabel, operator: 'Exists' },
  { key: nameLabel, operator: 'NotIn', values: ['nonsense'] },
];

/** True of whatever does not carry nonsense. */
const nonsense: readonly Expression[] = [
  { key: 'nonsense', operator: 'DoesNotExist' },
  { key: 'nonsense', operator: 'NotIn', values: ['x', 'y'] },
  { key: 'example.com/nonsense', operator: 'NotIn', values: [''] },
];

function respelledSelector(selector: Selector, choose: Choose, truths: readonly Expression[] = []): Selector {
  const labels: [string, string][] = [];
  const expressions: Expression[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (choose(2) === 0) labels.push([key, value]);
    else expressions.push({ key, operator: 'In', values: [value] });
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const [only, ...more] = values ?? [];
    if (
      operator === 'In' &&
      only !== undefined &&
      more.length === 0 &&
      choose(2) === 0 &&
      !labels.some(([known]) => known === key)
    )
      labels.push([key, only]);
    else
      expressions.push({
        key,
        operator,
        ...(values ? { values: shuffled([...values, ...values.slice(0, choose(2))], choose) } : {}),
      });
  }
  for (const truth of [...truths, ...nonsense]) if (choose(5) === 0) expressions.push(truth);
  const matchExpressions = shuffled(expressions, choose);
  return {
    ...(labels.length > 0 || choose(3) === 0 ? { matchLabels: Object.fromEntries(labels) } : {}),
    ...(matchExpressions.length > 0 || choose(3) === 0 ? { matchExpressions } : {}),
  };
}

function respelledBlock(block: Block, choose: Choose): readonly Block[] {
  return pieces(block, choose, 3).flatMap((piece) => {
    const excepts = shuffled(piece.except ?? [], choose);
    const range = cidrOf(piece.cidr);
    const whole = {
      cidr: written(range, choose),
      ...(excepts.length > 0 || choose(3) === 0 ? { except: excepts } : {}),
    };
    if (lengthOf(range) >= bitsOf(range.family) || choose(4) > 0) return [whole];
    // Takes a quarter or a half out and gives it back beside.
    const parts =
      choose(2) === 0
        ? halves(range)
        : halves(range).flatMap((half) => (lengthOf(half) < bitsOf(half.family) ? halves(half) : [half]));
    const hole = oneOf(parts, choose);
    const outside = excepts.filter((cidr) => !touches(cidrOf(cidr), hole));
    if (outside.length < excepts.length) return [whole];
    return [{ cidr: whole.cidr, except: [...outside, written(hole, choose)] }, { cidr: written(hole, choose) }];
  });
}

/** Halves, halves of halves, and so on, each with the excepts that lie in it. */
function pieces(block: Block, choose: Choose, depth: number): readonly Block[] {
  const range = cidrOf(block.cidr);
  const excepts = (block.except ?? []).map(cidrOf);
  if (depth === 0 || choose(3) > 0 || lengthOf(range) >= bitsOf(range.family)) return [block];
  return halves(range)
    .filter((half) => !excepts.some((hole) => hole.first <= half.first && half.last <= hole.last))
    .flatMap((half) => {
      const own = excepts.filter((hole) => touches(hole, half)).map(plain);
      return pieces({ cidr: plain(half), ...(own.length > 0 ? { except: own } : {}) }, choose, depth - 1);
    });
}

function touches(a: Range, b: Range): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

function halves({ family, first, last }: Range): readonly Range[] {
  const middle = first + (last - first + 1n) / 2n;
  return [
    { family, first, last: middle - 1n },
    { family, first: middle, last },
  ];
}

function lengthOf({ family, first, last }: Range): number {
  return bitsOf(family) - ((last - first + 1n).toString(2).length - 1);
}

function plain(range: Range): string {
  return `${addressText(firstOf(range))}/${lengthOf(range)}`;
}

function firstOf({ family, first }: Range): Address {
  return { family, value: first };
}

/** Now and then with zeros squeezed out, or IPv4 in IPv6 clothes. */
function written(range: Range, choose: Choose): string {
  if (choose(3) > 0) return plain(range);
  if (range.family === 4) return `::ffff:${addressText(firstOf(range))}/${lengthOf(range) + 96}`;
  const text = addressText(firstOf(range));
  return `${text.replace(/(^|:)0(:0)+$/, '::')}/${lengthOf(range)}`;
}
