import { byAddresses, type LostPort, lostPorts, newlyLost } from '../../felix/failsafe-loss.ts';
import { portsOf } from '../../felix/failsafe-ports.ts';
import type { FailsafeEntry, FailsafeSide, FailsafeValue } from '../../felix/failsafe-value.ts';
import type { FieldPath } from '../../json/path.ts';
import type { FailsafePort, FelixScope } from '../../model/felix-configuration.ts';
import type { Direction } from '../../model/policy.ts';
import { type AddressSet, containsAddresses, everyIPv4, everyIPv6, unionAllAddresses } from '../../sets/addresses.ts';
import { portTraffic, type Traffic, unionAllTraffic } from '../../sets/traffic.ts';
import type { FindingSet } from '../finding-set.ts';
import type { Fault, Lost } from '../words/failsafe.ts';

/** Of a list that an object itself gives: what it lacks, as groups of which each is one finding. */
export interface LossGroup {
  readonly removed: boolean;
  readonly ports: readonly LostPort[];
}

/**
 * What was lost before stands apart from what is lost only now, so that the one is forgiven and the other is not; and a
 * port that is gone apart from one that is open to fewer.
 */
export function lossGroups(
  value: FailsafeValue,
  before: readonly FailsafeValue[],
  required: readonly FailsafePort[],
): readonly LossGroup[] {
  const lost = lostPorts(value, required);
  const earlier = before.map((one) => lostPorts(one, required));
  const worse = new Set(newlyLost(lost, earlier).map(portName));
  const isNew = (one: LostPort) => worse.has(portName(one));
  return [lost.filter(isNew), lost.filter((one) => !isNew(one))].flatMap(grouped);
}

export function grouped(lost: readonly LostPort[]): readonly LossGroup[] {
  const removed = lost.filter((one) => one.removed);
  const narrowed = byAddresses(lost.filter((one) => !one.removed));
  return [
    ...(removed.length === 0 ? [] : [{ removed: true, ports: removed }]),
    ...narrowed.map((ports) => ({ removed: false, ports })),
  ];
}

function portName({ protocol, port }: LostPort): string {
  return `${protocol} ${port}`;
}

/** What findings about one list of an object have in common: the direction, and the nodes that the object is for. */
export function commonSet(side: FailsafeSide, scope: FelixScope): FindingSet {
  const direction: Direction = side === 'inbound' ? 'ingress' : 'egress';
  if (scope.kind !== 'selected') return { direction };
  return scope.boxes === undefined ? { direction, items: [scope.selector] } : { direction, subject: scope.boxes };
}

export function lossSet(common: FindingSet, ports: readonly FailsafePort[]): FindingSet {
  return { ...common, traffic: trafficOf(ports), addresses: addressesOf(ports) };
}

export function withItems(common: FindingSet, items: readonly string[]): FindingSet {
  return { ...common, items: [...(common.items ?? []), ...items] };
}

function trafficOf(ports: readonly Pick<FailsafePort, 'protocol' | 'port'>[]): Traffic {
  return unionAllTraffic(ports.map(({ protocol, port }) => portTraffic(protocol, port, port)));
}

export function addressesOf(ports: readonly FailsafePort[]): AddressSet {
  return unionAllAddresses(ports.map(({ addresses }) => addresses));
}

/** Where a group of losses stands: at the list, or at what limits the first of its ports. */
export function lossPath(value: FailsafeValue, { removed, ports }: LossGroup, lost: Lost): FieldPath {
  const [first] = ports;
  if (lost.below !== undefined) return ['spec'];
  if (removed || first === undefined || value.form !== 'field') return value.path;
  const entry = value.entries.find(({ reading }) => isFor(reading, first));
  return entry === undefined ? value.path : [...entry.path, 'net'];
}

function isFor(reading: FailsafeEntry['reading'], { protocol, port }: LostPort): boolean {
  return reading.ok && reading.protocol === protocol && reading.port === port;
}

export interface BadEntries {
  readonly path: FieldPath;
  readonly written: string;
  readonly fault: Fault;
  /** The texts of this entry and of those that are told together with it. */
  readonly items: readonly string[];
}

/** So many entries are told one by one; the rest together with the last of these. */
const mostTold = 20;

/** The entries that Felix cannot read, and those of port 0. */
export function badEntries({ entries }: FailsafeValue): readonly BadEntries[] {
  const bad = entries.flatMap(({ path, written, reading }): readonly BadEntries[] => {
    const fault = reading.ok ? (reading.port === 0 ? 'zero' : undefined) : reading.fault;
    return fault === undefined ? [] : [{ path, written, fault, items: [written] }];
  });
  const rest = bad.slice(mostTold).map(({ written }) => written);
  return bad
    .slice(0, mostTold)
    .map((one, index) => (index === mostTold - 1 ? { ...one, items: [...one.items, ...rest] } : one));
}

export interface OldPorts {
  readonly path: FieldPath;
  readonly ports: readonly FailsafePort[];
}

/** Ports of etcd from before it had those of today, and of the etcd that Calico once brought along. */
const oldPorts: ReadonlySet<number> = new Set([4001, 6666, 6667, 7001]);

/** Old ports that a list keeps open for every address of a family. */
export function unusedOld(value: FailsafeValue): OldPorts | undefined {
  const ports = portsOf(value).filter(
    ({ protocol, port, addresses }) =>
      protocol === 6 &&
      oldPorts.has(port) &&
      (containsAddresses(addresses, everyIPv4) || containsAddresses(addresses, everyIPv6)),
  );
  const [first] = ports;
  if (first === undefined) return undefined;
  const entry = value.entries.find(
    ({ reading }) => reading.ok && reading.protocol === 6 && reading.port === first.port,
  );
  return { path: entry?.path ?? value.path, ports };
}

export function oldSet(common: FindingSet, { ports }: OldPorts): FindingSet {
  return { ...withItems(common, ['old']), traffic: trafficOf(ports) };
}
