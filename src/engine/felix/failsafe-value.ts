import type { FieldPath } from '../json/path.ts';
import { asList, asString, field, isAbsent } from '../json/read.ts';
import type { FelixConfiguration, FelixParameter } from '../model/felix-configuration.ts';
import { flowYaml } from '../words/yaml.ts';
import { type EntryFault, type ReadEntry, readNet, readPortList } from './port-list.ts';

/** Inbound: ports of the host itself, whoever connects. Outbound: ports of others that the host connects to. */
export type FailsafeSide = 'inbound' | 'outbound';

export const failsafeSides: readonly FailsafeSide[] = ['inbound', 'outbound'];

/** The name of the parameter as Felix has it; annotations carry it too. */
export const failsafeParameter = {
  inbound: 'FailsafeInboundHostPorts',
  outbound: 'FailsafeOutboundHostPorts',
} as const;

/** The field of the spec. */
export const failsafeField = { inbound: 'failsafeInboundHostPorts', outbound: 'failsafeOutboundHostPorts' } as const;

export interface FailsafeEntry {
  readonly path: FieldPath;
  /** As the user wrote it, on one line. */
  readonly written: string;
  readonly reading: ReadEntry | { readonly ok: false; readonly fault: EntryFault | 'list' | 'no-protocol' };
}

/** A list as one object gives it. Without entries nothing is failsafe. */
export interface FailsafeValue {
  readonly path: FieldPath;
  readonly form: 'field' | 'annotation' | 'built-in';
  readonly entries: readonly FailsafeEntry[];
}

/**
 * The lists of which one counts where this object does; none where it leaves the matter to others.
 *
 * An annotation of the parameter's exact name takes the field's place, even where it is empty and so says nothing. One
 * that is spelt with other letters, small for large, is a second value of the same parameter, as Felix does not mind the
 * case: which of the two it takes is chance.
 *
 * Source: projectcalico/calico libcalico-go/lib/backend/syncersv1/updateprocessors/configurationprocessor.go, and
 * felix/config/config_params.go (resolve).
 */
function failsafeValues(configuration: FelixConfiguration, side: FailsafeSide): readonly FailsafeValue[] {
  const annotations = failsafeAnnotations(configuration, side);
  const exact = annotations.find(({ name }) => name === failsafeParameter[side]);
  const others = annotations.filter((one) => one !== exact && one.value !== '').map(ofAnnotation);
  if (exact === undefined) return [...ofField(configuration.spec, side), ...others];
  return exact.value === '' ? others : [ofAnnotation(exact), ...others];
}

/** Equal for lists that say the same, whatever object they stand in. */
export function failsafeText({ entries }: FailsafeValue): string {
  return JSON.stringify(entries.map(({ written, reading }) => [written, reading.ok ? '' : reading.fault]));
}

export type FailsafeReader = (configuration: FelixConfiguration, side: FailsafeSide) => readonly FailsafeValue[];

/** {@link failsafeValues}, which reads each list only once. */
export function failsafeReader(): FailsafeReader {
  const known: { readonly [S in FailsafeSide]: Map<FelixConfiguration, readonly FailsafeValue[]> } = {
    inbound: new Map(),
    outbound: new Map(),
  };
  return (configuration, side) => {
    const read = known[side].get(configuration);
    if (read !== undefined) return read;
    const values = failsafeValues(configuration, side);
    known[side].set(configuration, values);
    return values;
  };
}

/** The annotations that set the list, in whatever case of letters. */
export function failsafeAnnotations({ parameters }: FelixConfiguration, side: FailsafeSide): readonly FelixParameter[] {
  const name = failsafeParameter[side].toLowerCase();
  return parameters.filter((one) => one.name.toLowerCase() === name);
}

function ofAnnotation({ value, path }: FelixParameter): FailsafeValue {
  const listed = value.toLowerCase() === 'none' ? [] : readPortList(value);
  return { path, form: 'annotation', entries: listed.map((entry) => ({ ...entry, path })) };
}

function ofField(spec: unknown, side: FailsafeSide): readonly FailsafeValue[] {
  const written = field(spec, failsafeField[side]);
  if (isAbsent(written)) return [];
  const path = ['spec', failsafeField[side]];
  const list = asList(written);
  const entries =
    list === undefined
      ? [{ path, written: flowYaml(written), reading: { ok: false, fault: 'list' } as const }]
      : list.flatMap((entry, index) => fieldEntries(entry, [...path, index]));
  return [{ path, form: 'field', entries }];
}

/** An entry goes to Felix as text and is read from that again: usually as one entry, but a comma in it makes two. */
function fieldEntries(entry: unknown, path: FieldPath): readonly FailsafeEntry[] {
  const bad = (fault: EntryFault | 'no-protocol', name?: string): readonly FailsafeEntry[] => [
    { path: name === undefined ? path : [...path, name], written: flowYaml(entry), reading: { ok: false, fault } },
  ];
  const protocol = field(entry, 'protocol');
  if (isAbsent(protocol)) return bad('no-protocol');
  if (protocol === '') return bad('no-protocol', 'protocol');
  if (typeof protocol !== 'string') return bad('protocol', 'protocol');
  const port = portText(field(entry, 'port'));
  if (port === undefined) return isAbsent(field(entry, 'port')) ? bad('port') : bad('port', 'port');
  const net = field(entry, 'net');
  const text = entryText(protocol, port, isAbsent(net) ? '' : net);
  if (text === undefined) return bad('net', 'net');
  return readPortList(text).map(({ written, reading }) => ({
    path: partAtFault(reading, path),
    // What opens a port is told by nobody, and there may be many.
    written: reading.ok && reading.port > 0 ? written : flowYaml(entry),
    reading,
  }));
}

/** The text by which Felix gets to know an entry of the field; undefined where there is none, as its net cannot be read. */
function entryText(protocol: string, port: string, net: unknown): string | undefined {
  if (net === '') return `${protocol}:${port}`;
  const range = typeof net === 'string' ? readNet(net) : undefined;
  if (range === undefined) return undefined;
  return range.family === 6 ? `${protocol}:[${net}]:${port}` : `${protocol}:${net}:${port}`;
}

/** Digits in quotes are the same port: the API server refuses them, and nobody has to be told twice. */
function portText(port: unknown): string | undefined {
  if (typeof port === 'number') return Number.isInteger(port) && port >= 0 && port <= 65535 ? String(port) : undefined;
  const text = asString(port);
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? text : undefined;
}

function partAtFault(reading: ReadEntry, path: FieldPath): FieldPath {
  // Port 0 can be read, and opens nothing.
  if (reading.ok) return reading.port === 0 ? [...path, 'port'] : path;
  switch (reading.fault) {
    case 'protocol':
    case 'net':
      return [...path, reading.fault];
    case 'form':
      return [...path, 'net'];
    case 'port':
      return [...path, 'port'];
  }
}
