import type { FieldPath } from '../../json/path.ts';
import { asInteger, isAbsent } from '../../json/read.ts';
import type { PortEntry } from '../../model/policy.ts';
import { namedPortTraffic, portTraffic, type Traffic, unionAllTraffic } from '../../sets/traffic.ts';
import type { Problems } from '../problems.ts';

/** Protocols whose ports Calico reads. UDPLite has ports, and Calico refuses them. */
export const portProtocols: readonly number[] = [6, 17, 132];

/** The ports of one side of a rule: by number, in which order they stand does not matter, and by name. */
export interface PortList {
  readonly numbered: readonly (readonly [first: number, last: number])[];
  readonly names: readonly string[];
  readonly entries: readonly PortSpan[];
}

interface PortSpan {
  readonly path: FieldPath;
  readonly port: readonly [first: number, last: number] | string;
}

const portName = /^[a-zA-Z0-9_.-]{1,128}$/;
const mostPorts = 50;

/**
 * A port is a number, a text of digits, two of them with a colon between, or a name. What is none of these is not even
 * decoded: Calico's agents then cannot list the kind at all.
 *
 * Source: projectcalico/calico api/pkg/lib/numorstring/port.go.
 */
export function readPortList(value: unknown, path: FieldPath, problems: Problems): PortList | undefined {
  if (isAbsent(value)) return undefined;
  const list = problems.list(value, path);
  if (list.length === 0) return undefined;
  if (list.length > mostPorts) problems.addMild('bad-port', path, list.length, 'too-many-ports');
  const entries = list.flatMap((entry, index): PortSpan[] => {
    const at = [...path, index];
    const reading = readPort(entry);
    if (reading.ok) return [{ path: at, port: reading.port }];
    problems.add('bad-port', at, entry, reading.reason);
    return [];
  });
  return {
    numbered: entries.flatMap(({ port }) => (typeof port === 'string' ? [] : [port])),
    names: entries.flatMap(({ port }) => (typeof port === 'string' ? [port] : [])),
    entries,
  };
}

type PortReading =
  | { readonly ok: true; readonly port: PortSpan['port'] }
  | { readonly ok: false; readonly reason: string };

function readPort(value: unknown): PortReading {
  const number = asInteger(value);
  if (number !== undefined) return span(number, number);
  if (typeof value !== 'string') return { ok: false, reason: 'not-a-calico-port' };
  if (/^\d+$/.test(value)) return span(Number(value), Number(value));
  const [, first, last] = /^(\d+):(\d+)$/.exec(value) ?? [];
  if (first !== undefined && last !== undefined) return span(Number(first), Number(last));
  return portName.test(value) ? { ok: true, port: value } : { ok: false, reason: 'not-a-calico-port' };
}

function span(first: number, last: number): PortReading {
  if (first < 0 || last > 65535) return { ok: false, reason: 'port-out-of-range' };
  return first > last ? { ok: false, reason: 'port-range-reversed' } : { ok: true, port: [first, last] };
}

/** The traffic to these destination ports, of each protocol; numbers and names are either-or. */
export function destinationTraffic(list: PortList, protocols: readonly number[]): Traffic {
  return unionAllTraffic(protocols.flatMap((protocol) => list.entries.map(({ port }) => portOf(port, protocol))));
}

/** The same without the names, which mean a number only once the destination is known. */
export function numberedTraffic(list: PortList, protocols: readonly number[]): Traffic {
  return unionAllTraffic(
    protocols.flatMap((protocol) => list.numbered.map(([first, last]) => portTraffic(protocol, first, last))),
  );
}

export function namedTraffic(list: PortList, protocols: readonly number[]): Traffic {
  return unionAllTraffic(protocols.flatMap((protocol) => list.names.map((name) => namedPortTraffic(protocol, name))));
}

export function portEntries(list: PortList | undefined, protocols: readonly number[]): readonly PortEntry[] {
  return (list?.entries ?? []).map(({ path, port }) => ({
    path,
    traffic: unionAllTraffic(protocols.map((protocol) => portOf(port, protocol))),
  }));
}

function portOf(port: PortSpan['port'], protocol: number): Traffic {
  return typeof port === 'string' ? namedPortTraffic(protocol, port) : portTraffic(protocol, port[0], port[1]);
}
