import type { FieldPath } from '../../json/path.ts';
import { field, isAbsent } from '../../json/read.ts';
import { namespaceKey, namespaceName } from '../../model/attributes.ts';
import { everyPod } from '../../model/box-parts.ts';
import type { ObjectRef } from '../../model/object.ts';
import { type Direction, type Peer, type Policy, type Rule, type RuleList, unwritten } from '../../model/policy.ts';
import { emptyBox, intersectBoxes, type LabelBox, labelIn, readSelector, renameKeys } from '../../sets/labels.ts';
import { Problems } from '../problems.ts';
import { readAddressBlock } from './ip-block.ts';
import { checkNames } from './names.ts';
import { readPorts } from './ports.ts';

/**
 * Reads a `networking.k8s.io/v1` NetworkPolicy as the API server decodes, defaults and validates it.
 * What the API server would refuse matches nothing here and is noted, so that files are judged to the end.
 *
 * Source: kubernetes/kubernetes pkg/apis/networking/v1/defaults.go and pkg/apis/networking/validation/validation.go.
 */
export function readNetworkPolicy(object: unknown, ref: ObjectRef, moreFields: readonly string[] = []): Policy {
  const problems = new Problems();
  checkNames(object, ref, problems);
  const spec = field(object, 'spec');
  const readable = problems.isStruct(spec, ['spec']);
  problems.checkFields(spec, ['spec'], ['podSelector', 'policyTypes', 'ingress', 'egress', ...moreFields]);
  const own = labelIn(namespaceName, [ref.namespace ?? 'default']);
  // A null podSelector decodes to the empty one, which is every pod of the namespace.
  const pods = selector(field(spec, 'podSelector'), ['spec', 'podSelector'], problems);
  return {
    ref,
    enforced: true,
    tier: 'default',
    order: 1000,
    stage: 'normal',
    applyOnForward: false,
    subject: {
      path: ['spec', 'podSelector'],
      endpoints: readable ? [intersectBoxes(everyPod, intersectBoxes(pods, own))] : [],
    },
    ingress: ruleList('ingress', spec, own, problems),
    egress: ruleList('egress', spec, own, problems),
    problems: problems.found(),
  };
}

/** A label selector as a box; one that cannot be read admits nothing. */
function selector(value: unknown, path: FieldPath, problems: Problems): LabelBox {
  const reading = readSelector(value);
  if (reading.ok) {
    problems.checkFields(value, path, ['matchLabels', 'matchExpressions']);
    return reading.box;
  }
  for (const problem of reading.problems) {
    problems.add('bad-selector', [...path, ...problem.path], problem.value, problem.key);
  }
  return emptyBox;
}

function ruleList(direction: Direction, spec: unknown, own: LabelBox, problems: Problems): RuleList {
  const path = ['spec', direction];
  const written = problems.list(field(spec, direction), path);
  const { applies, declared } =
    direction === 'ingress' ? appliesTo('Ingress', spec, problems) : appliesTo('Egress', spec);
  return {
    direction,
    path,
    applies,
    declared,
    rules: written.map((rule, index) => readRule(direction, rule, [...path, index], own, problems)),
  };
}

/**
 * Without policyTypes a policy governs ingress always, and egress where it has at least one egress rule; an empty list
 * counts as none. `problems` is given once, so that a bad entry is noted once.
 */
function appliesTo(type: string, spec: unknown, problems?: Problems): { applies: boolean; declared: boolean } {
  const value = field(spec, 'policyTypes');
  const types = problems === undefined ? value : problems.list(value, ['spec', 'policyTypes']);
  const list = Array.isArray(types) ? types : [];
  list.forEach((entry, index) => {
    if (entry === 'Ingress' || entry === 'Egress') return;
    problems?.add('bad-type', ['spec', 'policyTypes', index], entry, 'policy-type');
  });
  if (list.length > 0) return { applies: list.includes(type), declared: true };
  const egress = field(spec, 'egress');
  return { applies: type === 'Ingress' || (Array.isArray(egress) && egress.length > 0), declared: false };
}

function readRule(direction: Direction, rule: unknown, path: FieldPath, own: LabelBox, problems: Problems): Rule {
  const far = direction === 'ingress' ? 'from' : 'to';
  const readable = problems.isStruct(rule, path);
  problems.checkFields(rule, path, [far, 'ports']);
  const value = field(rule, far);
  const peers = problems.list(value, [...path, far]);
  const wellFormed = readable && (isAbsent(value) || Array.isArray(value));
  const { traffic, entries } = readPorts(field(rule, 'ports'), [...path, 'ports'], problems);
  return {
    path,
    action: 'allow',
    // A null rule decodes to the empty one, and a rule without peers is open to everyone.
    peers:
      peers.length > 0
        ? peers.map((peer, index) => readPeer(peer, [...path, far, index], own, problems))
        : wellFormed
          ? [
              {
                path: Array.isArray(value) ? [...path, far] : path,
                endpoints: 'any',
                addresses: 'any',
                written: unwritten,
              },
            ]
          : [],
    traffic,
    ports: entries,
  };
}

function readPeer(peer: unknown, path: FieldPath, own: LabelBox, problems: Problems): Peer {
  const nobody: Peer = { path, endpoints: [], addresses: 'any', written: unwritten };
  if (!problems.isStruct(peer, path)) return nobody;
  problems.checkFields(peer, path, ['podSelector', 'namespaceSelector', 'ipBlock']);
  const block = field(peer, 'ipBlock');
  const podSelector = field(peer, 'podSelector');
  const namespaceSelector = field(peer, 'namespaceSelector');
  const written = {
    ipBlock: !isAbsent(block),
    podSelector: !isAbsent(podSelector),
    namespaceSelector: !isAbsent(namespaceSelector),
  };
  if (written.ipBlock) {
    if (written.podSelector || written.namespaceSelector) {
      problems.add('bad-selector', path, peer, 'block-and-selector');
      return nobody;
    }
    const addresses = readAddressBlock(block, [...path, 'ipBlock'], problems);
    return { path: [...path, 'ipBlock', 'cidr'], endpoints: 'any', addresses, written };
  }
  if (!written.podSelector && !written.namespaceSelector) {
    problems.add('bad-selector', path, peer, 'empty-peer');
    return nobody;
  }
  const pods = selector(podSelector, [...path, 'podSelector'], problems);
  const namespaces = written.namespaceSelector
    ? renameKeys(selector(namespaceSelector, [...path, 'namespaceSelector'], problems), namespaceKey)
    : own;
  return {
    path: peerPath(path, written.podSelector, written.namespaceSelector),
    endpoints: [intersectBoxes(everyPod, intersectBoxes(pods, namespaces))],
    addresses: 'any',
    written,
  };
}

/** The one field that a reader should look at: the only selector there is, or the peer where both are written. */
function peerPath(path: FieldPath, podSelector: boolean, namespaceSelector: boolean): FieldPath {
  if (podSelector && namespaceSelector) return path;
  return [...path, podSelector ? 'podSelector' : 'namespaceSelector'];
}
