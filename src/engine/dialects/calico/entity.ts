import type { FieldPath } from '../../json/path.ts';
import { asString, field, isAbsent } from '../../json/read.ts';
import { type EndpointKind, namespaceName } from '../../model/attributes.ts';
import { type ServiceName, unwritten, type WrittenPeer } from '../../model/policy.ts';
import { intersectBoxes, isEmptyBox, type LabelBox, labelIn } from '../../sets/labels.ts';
import type { Problems } from '../problems.ts';
import {
  endpointsOf,
  freshPodsOf,
  namespaceLabel,
  namespacePrefix,
  serviceAccountLabel,
  serviceAccountPrefix,
} from './endpoints.ts';
import { type NetList, readNets } from './nets.ts';
import { type PortList, readPortList } from './ports.ts';
import { mapLeaves, prefixKeys, type Selector } from './selector/ast.ts';
import { allOf, readLocalSelector, readPeerNamespaces } from './selectors.ts';

/** One side of a rule, read. */
export interface Entity {
  /** The field that says whom it speaks of, for messages. */
  readonly path: FieldPath;
  readonly endpoints: readonly LabelBox[] | 'any';
  readonly except: readonly LabelBox[] | undefined;
  /** Of selectors that are too complex to be told, endpoints that they choose for certain. */
  readonly surely: readonly LabelBox[] | undefined;
  readonly nets: NetList | undefined;
  readonly notNets: NetList | undefined;
  readonly service: ServiceName | undefined;
  readonly ports: PortList | undefined;
  readonly notPorts: PortList | undefined;
  readonly written: WrittenPeer;
  /** Whether it says something that is not read here. */
  readonly unsure: boolean;
  /** Whether Calico refuses a policy in which it stands, and so enforces nothing of it. */
  readonly refused: boolean;
}

const entityFields: readonly string[] = [
  'nets',
  'notNets',
  'selector',
  'notSelector',
  'namespaceSelector',
  'ports',
  'notPorts',
  'serviceAccounts',
  'services',
];

/** What selectors of rules can choose: network sets and host endpoints are known by their addresses. */
const peerKinds: readonly EndpointKind[] = ['Pod', 'HostEndpoint', 'NetworkSet'];
const inNamespaceKinds: readonly EndpointKind[] = ['Pod', 'NetworkSet'];

/**
 * Reads the source or the destination of a rule. All that is given must hold together.
 *
 * @param namespace that of the policy, whose selectors then stay inside it unless they name namespaces themselves
 */
export function readEntity(value: unknown, path: FieldPath, namespace: string | undefined, problems: Problems): Entity {
  const readable = problems.isStruct(value, path);
  problems.checkLimits(value, path, entityFields);
  const chosen = readSelectors(value, path, namespace, problems);
  const nets = readNets(field(value, 'nets'), [...path, 'nets'], problems);
  const notNets = readNets(field(value, 'notNets'), [...path, 'notNets'], problems);
  const service = readService(field(value, 'services'), [...path, 'services'], namespace, problems);
  const ports = readPortList(field(value, 'ports'), [...path, 'ports'], problems);
  const notPorts = readPortList(field(value, 'notPorts'), [...path, 'notPorts'], problems);
  if (chosen.unsure) problems.addMild('unsupported', path, undefined, 'selector-too-complex', { consequence: 'inert' });
  return {
    path: peerPath(value, path),
    endpoints: chosen.endpoints,
    except: chosen.except,
    surely: chosen.surely,
    nets,
    notNets,
    service: service?.name,
    ports,
    notPorts,
    written: {
      ...unwritten,
      namespaceSelector: !isEmpty(field(value, 'namespaceSelector')),
      podSelector: !isEmpty(field(value, 'selector')),
      ipBlock: nets !== undefined,
    },
    unsure: chosen.unsure,
    refused:
      !readable ||
      chosen.refused ||
      service?.refused === true ||
      [nets, notNets, ports, notPorts].some((list) => list?.refused === true),
  };
}

function isEmpty(value: unknown): boolean {
  return isAbsent(value) || value === '';
}

interface Chosen {
  readonly endpoints: readonly LabelBox[] | 'any';
  readonly except: readonly LabelBox[] | undefined;
  readonly surely?: readonly LabelBox[] | undefined;
  readonly unsure: boolean;
  readonly refused: boolean;
}

/**
 * Source: projectcalico/calico libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go, and for a positive and a
 * negative selector together felix/calc/rule_scanner.go.
 */
function readSelectors(value: unknown, path: FieldPath, namespace: string | undefined, problems: Problems): Chosen {
  const selector = readLocalSelector(field(value, 'selector'), [...path, 'selector'], problems);
  const notSelector = readLocalSelector(field(value, 'notSelector'), [...path, 'notSelector'], problems);
  const inNamespaces = readPeerNamespaces(field(value, 'namespaceSelector'), [...path, 'namespaceSelector'], problems);
  const accounts = readServiceAccounts(field(value, 'serviceAccounts'), [...path, 'serviceAccounts'], problems);
  const parts = [
    ...(selector.kind === 'read' ? [selector.selector] : []),
    ...(inNamespaces.kind === 'read' ? [namespaceSelector(inNamespaces.selector)] : []),
    ...accounts.selectors,
  ];
  const refused = [selector, notSelector, inNamespaces].some((one) => one.kind === 'bad') || accounts.refused;
  if (refused) return { endpoints: [], except: undefined, unsure: false, refused };
  const negated = notSelector.kind === 'read' ? notSelector.selector : undefined;
  const limited =
    namespace !== undefined && inNamespaces.kind === 'absent' && (parts.length > 0 || negated !== undefined);
  if (parts.length === 0 && negated === undefined)
    return { endpoints: 'any', except: undefined, unsure: false, refused };
  // By itself, a negated selector in a cluster policy speaks of addresses that nobody knows, too.
  if (parts.length === 0 && negated !== undefined && !limited) {
    const except = endpointsOf(negated, peerKinds);
    if (except !== undefined) return { endpoints: 'any', except, unsure: false, refused };
    const surely = freshPodsOf({ kind: 'not', operand: negated });
    return { endpoints: 'any', except: [], surely, unsure: true, refused };
  }
  const whole = allOf([...parts, ...(negated === undefined ? [] : [{ kind: 'not', operand: negated } as const])]);
  // A host endpoint is in no namespace.
  const found = endpointsOf(whole, limited ? inNamespaceKinds : peerKinds);
  if (found === undefined) {
    const some = freshPodsOf(whole);
    const surely = limited ? within(some, namespace) : some;
    return { endpoints: 'any', except: undefined, surely, unsure: true, refused };
  }
  return { endpoints: limited ? within(found, namespace) : found, except: undefined, unsure: false, refused };
}

function within(boxes: readonly LabelBox[], namespace: string): readonly LabelBox[] {
  const own = labelIn(namespaceName, [namespace]);
  return boxes.map((box) => intersectBoxes(box, own)).filter((box) => !isEmptyBox(box));
}

/** `all()` is whatever is in a namespace, `global()` whatever is in none; labels are those of the namespace. */
function namespaceSelector(selector: Selector): Selector {
  const has: Selector = { kind: 'has', key: namespaceLabel };
  return mapLeaves(prefixKeys(selector, namespacePrefix), (leaf) =>
    leaf.kind === 'all' ? has : leaf.kind === 'global' ? { kind: 'not', operand: has } : leaf,
  );
}

interface Accounts {
  readonly selectors: readonly Selector[];
  readonly refused: boolean;
}

const accountName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const longestName = 253;
/** Pods are labelled with the name of their service account, where it is no longer than this. */
const longestKnownAccount = 62;

/** Names are pasted into a selector by Calico without a look at them, so what is no name is refused here. */
function readServiceAccounts(value: unknown, path: FieldPath, problems: Problems): Accounts {
  if (isAbsent(value)) return { selectors: [], refused: false };
  const readable = problems.isStruct(value, path);
  problems.checkLimits(value, path, ['names', 'selector']);
  let refused = !readable;
  const names = problems.list(field(value, 'names'), [...path, 'names']).flatMap((name, index) => {
    const at = [...path, 'names', index];
    if (typeof name === 'string' && name.length <= longestName && accountName.test(name)) {
      if (name.length > longestKnownAccount) {
        problems.addMild('bad-name', at, name, 'account-name-too-long', { consequence: 'inert' });
      }
      return [name];
    }
    problems.add('bad-name', at, name, 'account-name');
    refused = true;
    return [];
  });
  const selector = readLocalSelector(field(value, 'selector'), [...path, 'selector'], problems);
  if (selector.kind === 'bad') refused = true;
  return {
    selectors: [
      ...(names.length === 0
        ? []
        : [{ kind: 'set', key: serviceAccountLabel, operator: 'in', values: names } as const]),
      ...(selector.kind === 'read' ? [prefixKeys(selector.selector, serviceAccountPrefix)] : []),
    ],
    refused,
  };
}

interface ReadService {
  readonly name: ServiceName;
  readonly refused: boolean;
}

const serviceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function readService(
  value: unknown,
  path: FieldPath,
  namespace: string | undefined,
  problems: Problems,
): ReadService | undefined {
  if (isAbsent(value)) return undefined;
  let refused = !problems.isStruct(value, path);
  problems.checkLimits(value, path, ['name', 'namespace']);
  const name = asString(field(value, 'name')) ?? '';
  const written = asString(field(value, 'namespace')) || undefined;
  if (!serviceName.test(name)) {
    problems.add('bad-name', [...path, 'name'], field(value, 'name') ?? undefined, 'service-name');
    refused = true;
  }
  if (written === undefined && namespace === undefined) {
    problems.add('bad-name', [...path, 'namespace'], undefined, 'service-namespace');
    refused = true;
  } else if (written === undefined) {
    // Calico's code does not fill in the policy's own namespace, whatever its documentation says.
    problems.addMild('bad-name', [...path, 'namespace'], undefined, 'service-namespace', { consequence: 'inert' });
  } else if (!serviceName.test(written)) {
    problems.add('bad-name', [...path, 'namespace'], written, 'label');
    refused = true;
  }
  return { name: { namespace: written ?? namespace, name }, refused };
}

/** The one field that a reader should look at: the only thing that is written, or the side as a whole. */
function peerPath(value: unknown, path: FieldPath): FieldPath {
  const written = ['selector', 'notSelector', 'namespaceSelector', 'serviceAccounts', 'services', 'notNets'].filter(
    (name) => !isEmpty(field(value, name)),
  );
  const [only] = written;
  return only !== undefined && written.length === 1 ? [...path, only] : path;
}
