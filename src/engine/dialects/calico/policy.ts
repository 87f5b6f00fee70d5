import type { FieldPath } from '../../json/path.ts';
import { asList, field, isAbsent } from '../../json/read.ts';
import { namespaceName } from '../../model/attributes.ts';
import type { ObjectRef } from '../../model/object.ts';
import type { Direction, Policy, RuleList, Stage, Subject } from '../../model/policy.ts';
import { intersectBoxes, isEmptyBox, type LabelBox, labelIn } from '../../sets/labels.ts';
import { Problems } from '../problems.ts';
import {
  endpointsOf,
  namespaceLabel,
  namespacePrefix,
  serviceAccountLabel,
  serviceAccountPrefix,
} from './endpoints.ts';
import { checkNames, checkPolicyName, tierName } from './names.ts';
import { readRule } from './rule.ts';
import { prefixKeys, replaceAll, type Selector } from './selector/ast.ts';
import { allOf, readLocalSelector } from './selectors.ts';
import { checkStagedAction } from './staged.ts';
import { isStored } from './stored.ts';
import { readTypes } from './types.ts';

const namespacedFields: readonly string[] = [
  'tier',
  'order',
  'ingress',
  'egress',
  'selector',
  'types',
  'serviceAccountSelector',
  'performanceHints',
];

const clusterFields: readonly string[] = [
  ...namespacedFields,
  'namespaceSelector',
  'doNotTrack',
  'preDNAT',
  'applyOnForward',
];

/**
 * Reads a Calico NetworkPolicy or GlobalNetworkPolicy as Felix does, staged ones too. What Felix refuses enforces
 * nothing, since it then treats the policy as missing; what it drops silently is dropped here, and noted.
 *
 * Source: projectcalico/calico libcalico-go/lib/backend/syncersv1/updateprocessors/networkpolicyprocessor.go and
 * globalnetworkpolicyprocessor.go.
 */
export function readCalicoPolicy(object: unknown, ref: ObjectRef): Policy {
  const problems = new Problems('voided');
  checkNames(object, ref, problems);
  checkPolicyName(object, ref, problems);
  const spec = field(object, 'spec');
  const path = ['spec'];
  const staged = ref.kind.startsWith('Staged');
  const known = ref.namespace === undefined ? clusterFields : namespacedFields;
  const readable = problems.isStruct(spec, path);
  problems.checkLimits(spec, path, staged ? [...known, 'stagedAction'] : known);
  const types = readTypes(spec, isStored(object), path, problems);
  const flags = readFlags(spec, ref, problems);
  const scope = readScope(spec, ref.namespace, problems);
  const ingress = ruleList('ingress', spec, types.ingress, types.declared, ref.namespace, problems);
  const egress = ruleList('egress', spec, types.egress, types.declared, ref.namespace, problems);
  checkHints(field(spec, 'performanceHints'), [...path, 'performanceHints'], problems);
  if (staged) checkStagedAction(spec, problems);
  const refused = !readable || scope.refused || ingress.refused || egress.refused || flags.refused;
  return {
    ref,
    enforced: !staged,
    tier: readTier(spec, problems),
    order: readOrder(spec, problems),
    stage: flags.stage,
    applyOnForward: flags.applyOnForward,
    subject: refused ? { ...scope.subject, endpoints: [] } : scope.subject,
    ingress: ingress.list,
    egress: egress.list,
    problems: problems.found(),
  };
}

interface Scope {
  readonly subject: Subject;
  readonly refused: boolean;
}

/** Whom the policy governs. A selector of namespaces or service accounts that cannot be read is dropped by Calico, which widens the policy. */
const dropped = { consequence: 'widened' } as const;

function readScope(spec: unknown, namespace: string | undefined, problems: Problems): Scope {
  const path = ['spec', 'selector'];
  const inNamespaces =
    namespace === undefined
      ? readLocalSelector(field(spec, 'namespaceSelector'), ['spec', 'namespaceSelector'], problems, dropped)
      : ({ kind: 'absent' } as const);
  const accounts = readLocalSelector(
    field(spec, 'serviceAccountSelector'),
    ['spec', 'serviceAccountSelector'],
    problems,
    dropped,
  );
  // An `all()` that stands beside such a selector is taken for "all that have one".
  const allAs =
    inNamespaces.kind === 'read' ? namespaceLabel : accounts.kind === 'read' ? serviceAccountLabel : undefined;
  const selector = readLocalSelector(field(spec, 'selector'), path, problems, namespace === undefined ? { allAs } : {});
  const parts: Selector[] = [];
  if (selector.kind === 'read') parts.push(selector.selector);
  if (inNamespaces.kind === 'read') {
    parts.push(replaceAll(prefixKeys(inNamespaces.selector, namespacePrefix), namespaceLabel));
  }
  if (accounts.kind === 'read') {
    parts.push(replaceAll(prefixKeys(accounts.selector, serviceAccountPrefix), serviceAccountLabel));
  }
  const found = endpointsOf(allOf(parts), namespace === undefined ? ['Pod', 'HostEndpoint'] : ['Pod']);
  if (found === undefined)
    problems.addMild('unsupported', path, undefined, 'selector-too-complex', { consequence: 'inert' });
  const written = [selector, inNamespaces, accounts].filter((one) => one.kind !== 'absent').length;
  const at: FieldPath =
    selector.kind !== 'absent'
      ? path
      : inNamespaces.kind !== 'absent'
        ? ['spec', 'namespaceSelector']
        : written > 0
          ? ['spec', 'serviceAccountSelector']
          : ['spec'];
  return {
    subject: {
      path: at,
      endpoints: namespace === undefined ? (found ?? []) : within(found ?? [], namespace),
      ...(found === undefined ? { unsure: true } : {}),
    },
    refused: selector.kind === 'bad',
  };
}

function within(boxes: readonly LabelBox[], namespace: string): readonly LabelBox[] {
  const own = labelIn(namespaceName, [namespace]);
  return boxes.map((box) => intersectBoxes(box, own)).filter((box) => !isEmptyBox(box));
}

function readTier(spec: unknown, problems: Problems): string {
  const value = field(spec, 'tier');
  if (isAbsent(value) || value === '') return 'default';
  if (typeof value !== 'string') {
    problems.wrongType(['spec', 'tier'], value, 'not-a-string');
    return 'default';
  }
  if (!tierName.test(value)) problems.add('bad-name', ['spec', 'tier'], value, 'tier-name');
  return value;
}

const hints: readonly unknown[] = ['AssumeNeededOnEveryNode'];

/** What helps Calico to be fast, and changes no verdict. */
function checkHints(value: unknown, path: FieldPath, problems: Problems): void {
  const seen = new Set<unknown>();
  problems.list(value, path).forEach((hint, index) => {
    if (!hints.includes(hint)) problems.wrongType([...path, index], hint, 'performance-hint');
    else if (seen.has(hint)) problems.wrongType([...path, index], hint, 'twice');
    seen.add(hint);
  });
}

/** Without an order a policy decides last in its tier. */
function readOrder(spec: unknown, problems: Problems): number {
  const value = field(spec, 'order');
  if (isAbsent(value)) return Number.POSITIVE_INFINITY;
  if (typeof value === 'number') return value;
  problems.wrongType(['spec', 'order'], value, 'number');
  return Number.POSITIVE_INFINITY;
}

interface Flags {
  readonly stage: Stage;
  readonly applyOnForward: boolean;
  readonly refused: boolean;
}

/** The flags of cluster policies that say at which stage of a host's traffic they decide. */
function readFlags(spec: unknown, ref: ObjectRef, problems: Problems): Flags {
  if (ref.namespace !== undefined) return { stage: 'normal', applyOnForward: false, refused: false };
  const flag = (name: string): boolean => {
    const value = field(spec, name);
    if (!isAbsent(value) && typeof value !== 'boolean') problems.wrongType(['spec', name], value, 'boolean');
    return value === true;
  };
  const [doNotTrack, preDNAT, applyOnForward] = [flag('doNotTrack'), flag('preDNAT'), flag('applyOnForward')];
  const early = doNotTrack || preDNAT;
  const name = doNotTrack ? 'doNotTrack' : 'preDNAT';
  let refused = false;
  const refuse = (field: string, reason: string): void => {
    problems.add('bad-type', ['spec', field], undefined, reason);
    refused = true;
  };
  if (doNotTrack && preDNAT) refuse('preDNAT', 'one-stage-only');
  if (early && !applyOnForward) refuse(name, 'needs-apply-on-forward');
  if (preDNAT && (asList(field(spec, 'egress')) ?? []).length > 0) refuse('egress', 'pre-dnat-ingress-only');
  if (preDNAT && (asList(field(spec, 'types')) ?? []).includes('Egress')) refuse('types', 'pre-dnat-ingress-only');
  return { stage: doNotTrack ? 'untracked' : preDNAT ? 'pre-dnat' : 'normal', applyOnForward, refused };
}

/** From Calico 3.33 on the API takes no more. */
const mostRules = 1024;

function ruleList(
  direction: Direction,
  spec: unknown,
  applies: boolean,
  declared: boolean,
  namespace: string | undefined,
  problems: Problems,
): { readonly list: RuleList; readonly refused: boolean } {
  const path = ['spec', direction];
  const written = problems.list(field(spec, direction), path);
  if (written.length > mostRules) {
    problems.addMild('bad-type', path, written.length, 'too-many-rules', { consequence: 'refused' });
  }
  const read = written.map((rule, index) => readRule(rule, direction, [...path, index], namespace, problems));
  return {
    list: { direction, path, applies, declared, rules: read.map((one) => one.rule) },
    refused: read.some((one) => one.refused),
  };
}
