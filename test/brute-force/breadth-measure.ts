import { type Family, inRange, lastOf, parseCidr, type Range, turningPoints } from './addresses.ts';
import { appliesTo, isInBlock, peersOf, rangesOf, rulesOf } from './evaluator.ts';
import { matchesSelector } from './labels.ts';
import type { Block, PeerObject, PolicyObject, PortObject } from './manifests.ts';

/**
 * How broad one policy is by itself, measured by asking for one address after the other and one fresh pod after the
 * other: the keys of forbid-broad-peers that the built-in guardrails refuse.
 */

export type Direction = 'ingress' | 'egress';

export const directions: readonly Direction[] = ['ingress', 'egress'];

const nameLabel = 'kubernetes.io/metadata.name';

/** Nothing that a policy here names is called so. */
const freshNames = ['fresh-0', 'fresh-1', 'fresh-2'];

/** /8 and /32. */
const limits: Readonly<Record<Family, bigint>> = { 4: 1n << 24n, 6: 1n << 96n };

/** RFC 1918, RFC 6598, RFC 4193, link-local and loopback. */
const inside = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', '127.0.0.0/8'],
  ...['fc00::/7', 'fe80::/10', '::1/128'],
];

export function broadKeys(object: PolicyObject, direction: Direction): readonly string[] {
  const policy = { namespace: object.metadata.namespace ?? 'default', object };
  if (!appliesTo(policy, direction)) return [];
  const peers = rulesOf(policy, direction)
    .filter((rule) => opensMore(rule.ports ?? [], direction))
    .flatMap((rule): readonly (PeerObject | 'everyone')[] => {
      const written = peersOf(rule, direction);
      return written.length === 0 ? ['everyone'] : written.map((peer) => peer ?? {});
    });
  const fresh = peers.some((peer) => peer === 'everyone' || admitsFreshPod(peer));
  const blocks = peers.flatMap((peer): readonly Block[] =>
    peer === 'everyone' ? [{ cidr: '0.0.0.0/0' }, { cidr: '::/0' }] : peer.ipBlock ? [peer.ipBlock] : [],
  );
  const [v4, v6] = [measure(blocks, 4), measure(blocks, 6)];
  if (v4 === 'all' && v6 === 'all' && fresh) return ['everyone'];
  const keys = [...(v4 === 'all' || v6 === 'all' ? ['every-address'] : []), ...(fresh ? ['every-namespace'] : [])];
  if (keys.length > 0) return keys;
  return v4 === 'too many' || v6 === 'too many' ? ['too-many-addresses'] : [];
}

/** Whether something passes besides TCP and UDP 53 outwards, which may be open to anybody. */
function opensMore(ports: readonly (PortObject | null)[], direction: Direction): boolean {
  if (ports.length === 0 || direction === 'ingress') return true;
  return ports.some((written) => {
    const { protocol, port, endPort } = written ?? {};
    return protocol === 'SCTP' || port !== 53 || (endPort ?? port) !== 53;
  });
}

/** Three names that nobody has heard of stand for all but finitely many. */
function admitsFreshPod({ ipBlock, namespaceSelector, podSelector }: PeerObject): boolean {
  if (ipBlock || !namespaceSelector) return false;
  return (
    freshNames.every((name) => matchesSelector(namespaceSelector, { [nameLabel]: name })) &&
    matchesSelector(podSelector, {})
  );
}

/** Cuts the family wherever anything begins or ends, and asks for the first address of every piece. */
function measure(blocks: readonly Block[], family: Family): 'all' | 'too many' | 'few' {
  const special = rangesOf(inside);
  const cidrs = rangesOf(blocks.flatMap(({ cidr, except }) => [cidr, ...(except ?? [])]));
  const points = turningPoints(family, [...cidrs, ...special]);
  let total = 0n;
  let open = 0n;
  let run = 0n;
  let runIsOpen = false;
  let longRun = false;
  for (const [index, value] of points.entries()) {
    const size = (points[index + 1] ?? lastOf(family) + 1n) - value;
    const address = { family, value };
    if (!blocks.some((block) => isInBlock(block, address))) {
      run = 0n;
      runIsOpen = false;
      continue;
    }
    const isPublic = !special.some((range) => inRange(range, address));
    total += size;
    run += size;
    if (isPublic) open += size;
    runIsOpen ||= isPublic;
    longRun ||= runIsOpen && run > limits[family];
  }
  if (total === lastOf(family) + 1n) return 'all';
  return open > limits[family] || longRun ? 'too many' : 'few';
}

export function cidrOf(text: string): Range {
  const range = parseCidr(text);
  if (range === undefined) throw new Error(`no CIDR: ${text}`);
  return range;
}
