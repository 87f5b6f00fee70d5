import type { FieldPath } from '../../json/path.ts';
import { field, isAbsent, isObject } from '../../json/read.ts';
import type { Action, Direction, Peer, Rule } from '../../model/policy.ts';
import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  noAddresses,
  subtractAddresses,
  unionAllAddresses,
} from '../../sets/addresses.ts';
import { noTraffic } from '../../sets/traffic.ts';
import type { Problems } from '../problems.ts';
import { type Entity, readEntity } from './entity.ts';
import { readHttp } from './http.ts';
import type { NetList } from './nets.ts';
import { readTraffic } from './traffic.ts';

export interface ReadRule {
  readonly rule: Rule;
  /** Whether Calico refuses a policy in which it stands, and so enforces nothing of it. */
  readonly refused: boolean;
}

const ruleFields: readonly string[] = [
  'action',
  'ipVersion',
  'protocol',
  'notProtocol',
  'icmp',
  'notICMP',
  'source',
  'destination',
  'http',
  'metadata',
];

/**
 * Reads one rule of a Calico policy or profile. Its far end becomes the peers, one for each network so that each keeps
 * its place; what it says of the near end is kept as the rule's own side.
 *
 * @param namespace that of the policy; undefined for cluster policies and profiles
 */
export function readRule(
  value: unknown,
  direction: Direction,
  path: FieldPath,
  namespace: string | undefined,
  problems: Problems,
): ReadRule {
  const readable = problems.isStruct(value, path);
  problems.checkLimits(value, path, ruleFields);
  const action = readable ? readAction(field(value, 'action'), [...path, 'action'], problems) : undefined;
  const source = readEntity(field(value, 'source'), [...path, 'source'], namespace, problems);
  const destination = readEntity(field(value, 'destination'), [...path, 'destination'], namespace, problems);
  const family = readFamily(value, source, destination, path, problems);
  const traffic = readTraffic(value, path, source, destination, problems);
  const http = readHttp(value, action, direction, path, problems);
  checkMetadata(field(value, 'metadata'), [...path, 'metadata'], problems);
  const [near, far] = direction === 'ingress' ? [destination, source] : [source, destination];
  const misplaced = checkServices(near, far, path, problems);
  const rule: Rule = {
    path,
    action: action ?? 'deny',
    peers: readable && action !== undefined ? peersOf(far, family.addresses, path) : [],
    own: ownSide(near, path),
    traffic: action === undefined ? noTraffic : traffic.traffic,
    exceptNamed: traffic.exceptNamed,
    unsure: traffic.unsure || source.unsure || destination.unsure ? true : undefined,
    http: http ? true : undefined,
    ports: traffic.entries,
  };
  const refused =
    !readable ||
    action === undefined ||
    source.refused ||
    destination.refused ||
    family.refused ||
    traffic.refused ||
    misplaced;
  return { rule, refused };
}

const actions: ReadonlyMap<unknown, Action> = new Map<string, Action>([
  ['Allow', 'allow'],
  ['Deny', 'deny'],
  ['Pass', 'pass'],
  ['Log', 'log'],
]);

function readAction(value: unknown, path: FieldPath, problems: Problems): Action | undefined {
  const action = actions.get(value);
  if (action !== undefined) return action;
  const lower = typeof value === 'string' ? value.toLowerCase() : undefined;
  const meant = [...actions].find(([, one]) => one === lower)?.[0];
  problems.add(
    'bad-type',
    path,
    value,
    isAbsent(value) ? 'action-missing' : 'action',
    meant === undefined ? {} : { meant },
  );
  return undefined;
}

interface Family {
  readonly addresses: AddressSet;
  readonly refused: boolean;
}

const icmpFamilies = [
  { names: ['ICMP', 1, '1'], only: 4 },
  { names: ['ICMPv6', 58, '58'], only: 6 },
] as const;

function namesProtocol(rule: unknown, names: readonly unknown[]): boolean {
  return names.includes(field(rule, 'protocol')) || names.includes(field(rule, 'notProtocol'));
}

/** A rule that names a network of one family, or asks for it, is rendered for that family only. */
function readFamily(rule: unknown, source: Entity, destination: Entity, path: FieldPath, problems: Problems): Family {
  const version = field(rule, 'ipVersion');
  if (!isAbsent(version) && version !== 4 && version !== 6) {
    problems.add('bad-protocol', [...path, 'ipVersion'], version, 'ip-version');
    return { addresses: noAddresses, refused: true };
  }
  const nets = [source.nets, source.notNets, destination.nets, destination.notNets].flatMap((list) => list?.nets ?? []);
  const families = new Set<unknown>([...nets.map((net) => net.family), ...(isAbsent(version) ? [] : [version])]);
  const whole = [source.notNets, destination.notNets]
    .flatMap((list) => list?.nets ?? [])
    .find(({ addresses }) => containsAddresses(addresses, everyIPv4) || containsAddresses(addresses, everyIPv6));
  if (whole !== undefined) problems.add('bad-cidr', whole.path, whole.text, 'not-nets-of-everything');
  if (families.size > 1) {
    const [first] = isAbsent(version) ? nets : [{ family: version }];
    const other = nets.find((net) => net.family !== first?.family);
    problems.add('bad-cidr', other?.path ?? path, other?.text, 'mixed-families');
    return { addresses: noAddresses, refused: true };
  }
  if (!isAbsent(version) && icmpFamilies.some(({ names, only }) => only !== version && namesProtocol(rule, names))) {
    problems.add('bad-protocol', [...path, 'ipVersion'], version, 'icmp-family');
    return { addresses: noAddresses, refused: true };
  }
  const addresses = families.has(4) ? everyIPv4 : families.has(6) ? everyIPv6 : everyAddress;
  return { addresses, refused: whole !== undefined };
}

/** The far end. Networks are told apart so that a finding can name the one that is to blame. */
function peersOf(far: Entity, family: AddressSet, path: FieldPath): readonly Peer[] {
  const common = {
    endpoints: far.endpoints,
    written: far.written,
    ...(far.except === undefined ? {} : { except: far.except }),
    ...(far.service === undefined ? {} : { service: far.service }),
    ...(far.unsure ? { unsure: true, surely: far.surely } : {}),
  };
  const left = far.notNets === undefined ? family : subtractAddresses(family, together(far.notNets));
  if (far.nets === undefined) {
    const isBare = far.path.at(-1) === 'source' || far.path.at(-1) === 'destination';
    const addresses = left === everyAddress ? 'any' : left;
    return [{ ...common, path: isBare && isOpen(far) ? path : far.path, addresses }];
  }
  return far.nets.nets.map((net) => ({
    ...common,
    path: net.path,
    addresses: intersectAddresses(net.addresses, left),
  }));
}

function isOpen(far: Entity): boolean {
  const unlimited = far.except === undefined && far.service === undefined && far.notNets === undefined;
  return far.endpoints === 'any' && unlimited && !far.unsure;
}

function together({ nets }: NetList): AddressSet {
  return unionAllAddresses(nets.map((net) => net.addresses));
}

/** What must hold of the near end; undefined where nothing is said of it but ports. */
function ownSide(near: Entity, path: FieldPath): Peer | undefined {
  if (isOpen(near) && near.nets === undefined) return undefined;
  const all = near.nets === undefined ? everyAddress : together(near.nets);
  const left = near.notNets === undefined ? all : subtractAddresses(all, together(near.notNets));
  return {
    path: near.path.length > path.length ? near.path : path,
    endpoints: near.endpoints,
    addresses: left === everyAddress ? 'any' : left,
    written: near.written,
    ...(near.except === undefined ? {} : { except: near.except }),
    ...(near.unsure ? { unsure: true } : {}),
  };
}

/** What a rule says about itself. Nothing reads it but people. */
function checkMetadata(value: unknown, path: FieldPath, problems: Problems): void {
  if (!problems.isStruct(value, path)) return;
  problems.checkFields(value, path, ['annotations']);
  const annotations = field(value, 'annotations');
  if (!problems.isStruct(annotations, [...path, 'annotations'])) return;
  for (const [name, text] of Object.entries(isObject(annotations) ? annotations : {})) {
    if (typeof text !== 'string') problems.wrongType([...path, 'annotations', name], text, 'not-a-string');
  }
}

/** A rule names a Service as its far end only, and then by nothing else; for egress its ports are the Service's. */
function checkServices(near: Entity, far: Entity, path: FieldPath, problems: Problems): boolean {
  if (near.service !== undefined) {
    const at = [...path, path.includes('egress') ? 'source' : 'destination', 'services'];
    problems.add('bad-selector', at, undefined, 'service-on-own-side');
    return true;
  }
  if (far.service === undefined) return false;
  const alone =
    far.endpoints === 'any' && far.except === undefined && far.nets === undefined && far.notNets === undefined;
  const withPorts = far.path.includes('destination') && (far.ports !== undefined || far.notPorts !== undefined);
  if (!alone) problems.add('bad-selector', far.path, undefined, 'service-alone');
  if (withPorts) problems.add('bad-port', [...path, 'destination', 'ports'], undefined, 'service-without-ports');
  return !alone || withPorts;
}
