import type { Prefixes } from '../breadth/measure.ts';
import { asInteger, asList, asString, field, isAbsent, stringMap } from '../json/read.ts';
import type { FailsafePort } from '../model/felix-configuration.ts';
import type { FlowEnd, FlowSpec } from '../model/flow-spec.ts';
import type { Direction } from '../model/policy.ts';
import type { RequiredFlow } from '../model/required-flow.ts';
import type { Selection } from '../model/selection.ts';
import { type AddressSet, everyAddress, noAddresses } from '../sets/addresses.ts';
import { readCidr } from '../sets/cidr.ts';
import { emptyBox, everyLabels, intersectBoxes, type LabelBox, labelIn, readSelector } from '../sets/labels.ts';
import {
  allTraffic,
  noTraffic,
  portTraffic,
  protocolNumber,
  protocolTraffic,
  type Traffic,
  unionAllTraffic,
} from '../sets/traffic.ts';

/**
 * Readers of the settings that a guardrail declares. The schema of the configuration has accepted what they are given,
 * so a value of the wrong shape cannot come here by a user's hand; it reads as nothing, and never throws. What is
 * absent reads as the default.
 */

/** Written `[Ingress, Egress]`. */
export function readDirections(
  raw: unknown,
  fallback: readonly Direction[] = ['ingress', 'egress'],
): readonly Direction[] {
  const written = asList(raw);
  if (written === undefined) return fallback;
  const read = written.map((entry) => (entry === 'Ingress' ? 'ingress' : entry === 'Egress' ? 'egress' : undefined));
  return [...new Set(read.filter((direction) => direction !== undefined))];
}

/** As a configuration may write them: `/8` or 8. */
export interface WrittenPrefixes {
  readonly ipv4: string | number;
  readonly ipv6: string | number;
}

/** Written `{ipv4: /8, ipv6: /32}`; a family that is absent keeps its default. */
export function readPrefixes(raw: unknown, fallback: WrittenPrefixes): Prefixes {
  return {
    ipv4: prefixLength(field(raw, 'ipv4'), 32) ?? prefixLength(fallback.ipv4, 32) ?? 0,
    ipv6: prefixLength(field(raw, 'ipv6'), 128) ?? prefixLength(fallback.ipv6, 128) ?? 0,
  };
}

/** The length in `/8` or 8; undefined for what is no length of an address with `bits` bits. */
export function prefixLength(value: unknown, bits: number): number | undefined {
  const length = typeof value === 'string' && /^\/\d{1,3}$/.test(value) ? Number(value.slice(1)) : asInteger(value);
  return length !== undefined && length >= 0 && length <= bits ? length : undefined;
}

/** A port that may stand open to everyone. */
export interface OpenPort {
  readonly direction: Direction;
  /** IP protocol number. */
  readonly protocol: number;
  readonly port: number;
}

/** Written as a list of `{direction: Egress, protocol: UDP, port: 53}`. */
export function readOpenPorts(raw: unknown, fallback: readonly OpenPort[] = []): readonly OpenPort[] {
  const written = asList(raw);
  if (written === undefined) return fallback;
  return written.flatMap((entry) => {
    const [direction] = readDirections([field(entry, 'direction')]);
    const protocol = protocolNumber(asString(field(entry, 'protocol')) ?? '');
    const port = asInteger(field(entry, 'port'));
    return direction === undefined || protocol === undefined || port === undefined
      ? []
      : [{ direction, protocol, port }];
  });
}

/** The traffic of all open ports of one direction. */
export function openTraffic(ports: readonly OpenPort[], direction: Direction): Traffic {
  const open = ports.filter((one) => one.direction === direction);
  return unionAllTraffic(open.map(({ protocol, port }) => portTraffic(protocol, port, port)));
}

/** Written as a list of `{protocol: TCP, port: 22, net: 10.0.0.0/8}`; without `net` it is for every address. */
export function readFailsafePorts(raw: unknown, fallback: unknown): readonly FailsafePort[] {
  return (asList(raw) ?? asList(fallback) ?? []).flatMap((entry) => {
    const protocol = protocolNumber(asString(field(entry, 'protocol')) ?? '');
    const port = asInteger(field(entry, 'port'));
    const net = field(entry, 'net');
    const addresses = isAbsent(net) ? everyAddress : readAddresses(net);
    return protocol === undefined || port === undefined ? [] : [{ protocol, port, addresses }];
  });
}

/** Written as a list of `{direction: Ingress, protocol: TCP, port: 10250, net: nodes}`; without `net` it is for every address. */
export function readHostFlows(raw: unknown, fallback: unknown): readonly RequiredFlow[] {
  return (asList(raw) ?? asList(fallback) ?? []).flatMap((entry) => {
    const [direction] = readDirections([field(entry, 'direction')]);
    const protocol = protocolNumber(asString(field(entry, 'protocol')) ?? '');
    const port = asInteger(field(entry, 'port'));
    const net = field(entry, 'net');
    const far = isAbsent(net) ? everyAddress : net === 'nodes' ? net : readAddresses(net);
    if (direction === undefined || protocol === undefined || port === undefined) return [];
    return [{ direction, protocol, port, far }];
  });
}

export function readInteger(raw: unknown, fallback: number): number {
  return asInteger(raw) ?? fallback;
}

/** Written as a list of names. */
export function readNames(raw: unknown): readonly string[] {
  return (asList(raw) ?? []).filter((name) => typeof name === 'string');
}

/** The orders of a tier below which policies belong to the platform. */
export interface ReservedOrders {
  readonly tier: string;
  readonly below: number;
}

/** Written as a list of `{tier: default, below: 100}`. */
export function readReservedOrders(raw: unknown): readonly ReservedOrders[] {
  return (asList(raw) ?? []).flatMap((entry) => {
    const tier = asString(field(entry, 'tier'));
    const below = field(entry, 'below');
    return tier === undefined || typeof below !== 'number' ? [] : [{ tier, below }];
  });
}

/**
 * Written as a list of `{name, from, to, protocol?, ports?}`. Without protocol and ports a flow is all traffic; with
 * ports alone it is TCP, as in a NetworkPolicy.
 */
export function readFlows(raw: unknown): readonly FlowSpec[] {
  return (asList(raw) ?? []).map((entry) => ({
    name: asString(field(entry, 'name')) ?? '',
    from: readFlowEnd(field(entry, 'from')),
    to: readFlowEnd(field(entry, 'to')),
    traffic: readFlowTraffic(field(entry, 'protocol'), field(entry, 'ports')),
  }));
}

function readFlowEnd(raw: unknown): FlowEnd {
  const cidr = field(raw, 'cidr');
  if (!isAbsent(cidr)) return { kind: 'addresses', addresses: readAddresses(cidr) };
  const hosts = asString(field(raw, 'hosts'));
  if (hosts !== undefined) return { kind: 'hosts', selector: hosts };
  if (field(raw, 'everyone') === true) return { kind: 'everyone' };
  return { kind: 'pods', namespaces: readSelection(field(raw, 'namespaces')), pods: readSelection(field(raw, 'pods')) };
}

/** The addresses of a CIDR; none for a text that is no CIDR. */
export function readAddresses(raw: unknown): AddressSet {
  const reading = readCidr(raw);
  return reading.ok ? reading.addresses : noAddresses;
}

function readFlowTraffic(protocol: unknown, ports: unknown): Traffic {
  const written = asList(ports);
  if (isAbsent(protocol) && written === undefined) return allTraffic;
  const number = protocolNumber(asString(protocol) ?? 'TCP');
  if (number === undefined) return noTraffic;
  if (written === undefined) return protocolTraffic(number);
  return unionAllTraffic(
    written.map((entry) => {
      const range = portRange(entry);
      return range === undefined ? noTraffic : portTraffic(number, range.first, range.last);
    }),
  );
}

/** The ports in `443` or `8000-8010`; undefined for anything else. */
export function portRange(value: unknown): { readonly first: number; readonly last: number } | undefined {
  if (typeof value === 'number') return portsBetween(value, value);
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(asString(value) ?? '') ?? [];
  return first === undefined ? undefined : portsBetween(Number(first), Number(last ?? first));
}

function portsBetween(first: number, last: number): { first: number; last: number } | undefined {
  const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= 65535;
  return isPort(first) && isPort(last) && first <= last ? { first, last } : undefined;
}

/** Written `{names, labels, selector}`, each optional; what is given must hold together. Absent: everything. */
export function readSelection(raw: unknown): Selection {
  return {
    names: asList(field(raw, 'names'))?.filter((name) => typeof name === 'string'),
    labels: readLabels(raw),
  };
}

/** The `labels` and `selector` of a selection, as one box. */
export function readLabels(raw: unknown): LabelBox {
  let box = everyLabels;
  for (const [label, value] of stringMap(field(raw, 'labels'))) box = intersectBoxes(box, labelIn(label, [value]));
  const selector = field(raw, 'selector');
  if (isAbsent(selector)) return box;
  const reading = readSelector(selector);
  return intersectBoxes(box, reading.ok ? reading.box : emptyBox);
}
