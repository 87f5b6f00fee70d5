import { asInteger, asString, field, isAbsent, isObject, type JsonObject, typeName } from '../json/read.ts';
import type { AddressSet } from '../sets/addresses.ts';
import { readAddress } from '../sets/cidr.ts';
import { hasPorts, isProtocol } from '../sets/protocols.ts';
import { protocolName, protocolNumber } from '../sets/traffic.ts';

/** A question: may this flow pass? */
export interface Probe {
  /** As it was asked. What is in it beyond the question is given back with the answer. */
  readonly given: JsonObject;
  readonly from: ProbeEnd;
  readonly to: ProbeEnd;
  /** IP protocol number. */
  readonly protocol: number;
  /** A number, or a name that the destination gives to one; undefined for protocols without ports. */
  readonly port: number | string | undefined;
}

export type ProbeEnd =
  | { readonly kind: 'address'; readonly addresses: AddressSet }
  | { readonly kind: 'host'; readonly node: string; readonly interfaceName: string }
  /** `namespace/name`, or an endpoint's id. */
  | { readonly kind: 'pods'; readonly text: string };

/** A value that was read, or one sentence about why it could not be. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function readProbe(value: unknown): Reading<Probe> {
  if (!isObject(value))
    return problem(
      `A probe is an object such as {"from": "shop/web", "to": "shop/db", "port": 5432}, not ${article(value)}.`,
    );
  const from = readEnd(value, 'from');
  if (!from.ok) return from;
  const to = readEnd(value, 'to');
  if (!to.ok) return to;
  const protocol = readProtocol(field(value, 'protocol'));
  if (!protocol.ok) return protocol;
  const port = readPort(field(value, 'port'), protocol.value);
  if (!port.ok) return port;
  return {
    ok: true,
    value: { given: value, from: from.value, to: to.value, protocol: protocol.value, port: port.value },
  };
}

function readEnd(probe: JsonObject, name: 'from' | 'to'): Reading<ProbeEnd> {
  const value = field(probe, name);
  const text = asString(value);
  if (text === undefined || text === '') {
    return problem(
      `"${name}" is ${article(value)}: write namespace/pod, a workload, host:node/interface or an address.`,
    );
  }
  if (text.startsWith('host:')) {
    const [node = '', ...rest] = text.slice('host:'.length).split('/');
    const interfaceName = rest.join('/');
    return node === '' || interfaceName === ''
      ? problem(`"${name}" is ${quoted(text)}: write a host as host:node/interface.`)
      : { ok: true, value: { kind: 'host', node, interfaceName } };
  }
  const address = readAddress(text);
  if (address.ok) return { ok: true, value: { kind: 'address', addresses: address.addresses } };
  if (text.includes('/')) return { ok: true, value: { kind: 'pods', text } };
  return problem(`"${name}" is ${quoted(text)}, which is no address; write a pod or workload as namespace/name.`);
}

function readProtocol(value: unknown): Reading<number> {
  if (isAbsent(value)) return { ok: true, value: protocolNumber('TCP') ?? 6 };
  const number =
    asInteger(value) ?? (typeof value === 'string' ? (protocolNumber(value) ?? decimal(value)) : undefined);
  if (number !== undefined && isProtocol(number)) return { ok: true, value: number };
  return problem(
    `"protocol" is ${quoted(value)}: write TCP, UDP, SCTP, ICMP, ICMPv6 or an IP protocol number from 0 to 255.`,
  );
}

function readPort(value: unknown, protocol: number): Reading<number | string | undefined> {
  const name = protocolName(protocol);
  if (!hasPorts(protocol)) {
    return isAbsent(value)
      ? { ok: true, value: undefined }
      : problem(`"port" is ${quoted(value)}, but protocol ${name} has no ports.`);
  }
  if (isAbsent(value))
    return problem(`"port" is missing: a ${name} probe needs the destination's port, as a number or a name.`);
  const number = asInteger(value) ?? (typeof value === 'string' ? decimal(value) : undefined);
  if (number !== undefined && number >= 1 && number <= 65535) return { ok: true, value: number };
  if (number === undefined && typeof value === 'string' && value !== '') return { ok: true, value };
  return problem(`"port" is ${quoted(value)}: write a number from 1 to 65535, or the name of a port.`);
}

function decimal(text: string): number | undefined {
  return /^[0-9]{1,6}$/.test(text) ? Number(text) : undefined;
}

function problem(text: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem: text };
}

const longest = 80;

/** A value as JSON, short. */
export function quoted(value: unknown): string {
  if (typeof value === 'object' && value !== null) return article(value);
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, longest) : value);
  return text ?? 'nothing';
}

function article(value: unknown): string {
  const name = typeName(value);
  if (name === 'nothing') return 'missing';
  if (name === 'null') return name;
  return value === '' ? 'empty' : name === 'object' ? 'an object' : `a ${name}`;
}
