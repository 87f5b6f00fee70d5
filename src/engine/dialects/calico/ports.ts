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
  /** Whether an entry is such that the policy is not read at all. */
  readonly refused: boolean;
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
  if (list.length > mostPorts)
    problems.addMild('bad-port', path, list.length, 'too-many-ports', { consequence: 'refused' });
  let refused = false;
  const entries = list.flatMap((entry, index): PortSpan[] => {
    const at = [...path, index];
    const reading = readPort(entry);
    if (reading.ok) {
      noteDoubts(reading.port, entry, at, problems);
      return [{ path: at, port: reading.port }];
    }
    refused = true;
    problems.add('bad-port', at, entry, reading.reason, { consequence: reading.consequence });
    return [];
  });
  return {
    numbered: entries.flatMap(({ port }) => (typeof port === 'string' ? [] : [port])),
    names: entries.flatMap(({ port }) => (typeof port === 'string' ? [port] : [])),
    entries,
    refused,
  };
}

type PortReading =
  | { readonly ok: true; readonly port: PortSpan['port'] }
  | { readonly ok: false; readonly reason: string; readonly consequence: 'refused' | 'stalls' };

/** What the API's schema takes, an integer or a text, may still be nothing that Calico can decode. */
function readPort(value: unknown): PortReading {
  const number = asInteger(value);
  if (number !== undefined) return span(number, number);
  if (typeof value !== 'string') return { ok: false, reason: 'not-a-calico-port', consequence: 'refused' };
  if (/^\d+$/.test(value)) return span(Number(value), Number(value));
  const [, first, last] = /^(\d+):(\d+)$/.exec(value) ?? [];
  if (first !== undefined && last !== undefined) return span(Number(first), Number(last));
  if (portName.test(value)) return { ok: true, port: value };
  return { ok: false, reason: 'not-a-calico-port', consequence: 'stalls' };
}

function span(first: number, last: number): PortReading {
  if (first < 0 || last > 65535) return { ok: false, reason: 'port-out-of-range', consequence: 'stalls' };
  if (first > last) return { ok: false, reason: 'port-range-reversed', consequence: 'stalls' };
  return { ok: true, port: [first, last] };
}

/** Kubernetes tools write ranges with a dash, which Calico takes for a letter of a name. */
const dashed = /^\d+-\d+$/;

function noteDoubts(port: PortSpan['port'], value: unknown, path: FieldPath, problems: Problems): void {
  if (typeof port === 'string') {
    if (!dashed.test(port)) return;
    const meant = port.replace('-', ':');
    problems.addMild('bad-port', path, value, 'port-range-dash', { consequence: 'inert', meant });
  } else if (port[1] === 0) problems.addMild('bad-port', path, value, 'port-zero', { consequence: 'inert' });
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
