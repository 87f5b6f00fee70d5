import { parseAddress, parseCidr, type Range } from '../addresses.ts';
import type { LabelMap } from '../labels.ts';
import { namespaceLabel, namespacePrefix, serviceAccountLabel, serviceAccountPrefix } from './known-labels.ts';
import type { CalicoPolicyManifest, CalicoPolicySpec, EntityRule, Rule, ServiceAccountMatch } from './manifests.ts';
import type { CompiledRule, Direction, LabelTest, Policy, PortMatch, Side } from './policy.ts';
import { protocolNumber } from './protocols.ts';
import { type Expression, holds, parseSelector } from './selector.ts';
import { UndefinedByFacts } from './undefined.ts';

/** Policies of projectcalico.org/v3 as Felix reads them. */

export function calicoPolicy({ kind, metadata, spec }: CalicoPolicyManifest): Policy {
  const namespace = kind === 'NetworkPolicy' ? (metadata.namespace ?? 'default') : '';
  return {
    api: 'projectcalico.org',
    kind,
    namespace,
    name: metadata.name,
    tier: given(spec.tier) ?? 'default',
    // Facts §2.1: absent is +infinity.
    order: spec.order ?? Number.POSITIVE_INFINITY,
    directions: directionsOf(spec),
    stage: spec.doNotTrack === true ? 'untracked' : spec.preDNAT === true ? 'pre-DNAT' : 'normal',
    appliesOnForward: spec.applyOnForward === true,
    selects: kind === 'NetworkPolicy' ? namespacedScope(spec, namespace) : globalScope(spec),
    rules: {
      ingress: calicoRules(spec.ingress ?? [], namespace, 'ingress'),
      egress: calicoRules(spec.egress ?? [], namespace, 'egress'),
    },
  };
}

/** Facts §2.2.1: as Calico's client and API server fill it in, by the count of rules. */
function directionsOf({ types, ingress, egress }: CalicoPolicySpec): readonly Direction[] {
  if (types !== null && types !== undefined && types.length > 0) {
    return types.map((type) => (type === 'Ingress' ? 'ingress' : 'egress'));
  }
  if ((egress ?? []).length === 0) return ['ingress'];
  return (ingress ?? []).length === 0 ? ['egress'] : ['ingress', 'egress'];
}

// Whom a policy selects, facts §3.4

function namespacedScope(spec: CalicoPolicySpec, namespace: string): LabelTest {
  const selector = read(spec.selector);
  const account = read(spec.serviceAccountSelector);
  return (labels) =>
    labels[namespaceLabel] === namespace &&
    (selector === undefined || holds(selector, labels)) &&
    (account === undefined || holds(account, labels, { prefix: serviceAccountPrefix }));
}

/**
 * A namespaceSelector turns every `all()` written so far, the selector's own included, into "has a namespace"; then a
 * serviceAccountSelector every one that is left into "has a service account".
 */
function globalScope(spec: CalicoPolicySpec): LabelTest {
  const selector = read(spec.selector);
  const space = read(spec.namespaceSelector);
  const account = read(spec.serviceAccountSelector);
  const allOfAccounts = account === undefined ? {} : { all: serviceAccountLabel };
  const allOfSelector = space === undefined ? allOfAccounts : { all: namespaceLabel };
  return (labels) =>
    (selector === undefined || holds(selector, labels, allOfSelector)) &&
    (space === undefined || holds(space, labels, { prefix: namespacePrefix, all: namespaceLabel })) &&
    (account === undefined || holds(account, labels, { prefix: serviceAccountPrefix, all: serviceAccountLabel }));
}

// Rules, facts §2.3, §2.4, §3.4

/** @param namespace empty for global policies and profiles */
export function calicoRules(rules: readonly Rule[], namespace: string, direction: Direction): readonly CompiledRule[] {
  return rules.map((rule, index) => ({
    path: `spec.${direction}[${index}]`,
    action: rule.action,
    ipVersion: rule.ipVersion ?? undefined,
    protocol: numberOf(rule.protocol),
    notProtocol: numberOf(rule.notProtocol),
    icmp: rule.icmp ?? undefined,
    notIcmp: rule.notICMP ?? undefined,
    source: sideFrom(rule.source ?? {}, namespace),
    destination: sideFrom(rule.destination ?? {}, namespace),
    // `http` is left out: the data plane does not look at it (facts §2.6).
  }));
}

const numberOf = (protocol: Rule['protocol']): number | undefined =>
  protocol === null || protocol === undefined ? undefined : protocolNumber(protocol);

function sideFrom(entity: EntityRule, namespace: string): Side {
  const known = knownOf(entity, namespace);
  const not = read(entity.notSelector);
  return {
    nets: (entity.nets ?? []).map(netOf),
    notNets: (entity.notNets ?? []).map(netOf),
    known: known === undefined || not === undefined ? known : (labels) => known(labels) && !holds(not, labels),
    unlike: known === undefined && not !== undefined ? (labels) => holds(not, labels) : undefined,
    ports: (entity.ports ?? []).map(portOf),
    notPorts: (entity.notPorts ?? []).map(portOf),
    service:
      entity.services === null || entity.services === undefined
        ? undefined
        : { namespace: given(entity.services.namespace), name: entity.services.name },
  };
}

/** The positive part of the selectors. Undefined where there is none: then anybody, inside the cluster or outside. */
function knownOf(entity: EntityRule, namespace: string): LabelTest | undefined {
  const selector = read(entity.selector);
  const accounts = accountsOf(entity.serviceAccounts);
  const spaces = spacesOf(entity);
  const limited =
    spaces === undefined &&
    namespace !== '' &&
    (selector !== undefined || accounts !== undefined || given(entity.notSelector) !== undefined);
  const own: LabelTest | undefined = limited ? (labels) => labels[namespaceLabel] === namespace : undefined;
  const pods: LabelTest | undefined = selector === undefined ? undefined : (labels) => holds(selector, labels);
  const tests = [own, spaces, accounts, pods].filter((test) => test !== undefined);
  return tests.length === 0 ? undefined : (labels) => tests.every((test) => test(labels));
}

function spacesOf({ namespaceSelector }: EntityRule): LabelTest | undefined {
  const expression = read(namespaceSelector);
  if (expression === undefined) return undefined;
  if (expression.kind === 'all' && expression.literal) return (labels) => Object.hasOwn(labels, namespaceLabel);
  if (expression.kind === 'global') return (labels) => !Object.hasOwn(labels, namespaceLabel);
  if (mentionsEverything(expression)) {
    return () => {
      throw new UndefinedByFacts('§3.4: all() or global() as a part of the namespaceSelector of a rule');
    };
  }
  return (labels) => holds(expression, labels, { prefix: namespacePrefix });
}

function mentionsEverything(expression: Expression): boolean {
  switch (expression.kind) {
    case 'all':
    case 'global':
      return true;
    case 'not':
      return mentionsEverything(expression.operand);
    case 'and':
    case 'or':
      return expression.operands.some(mentionsEverything);
    default:
      return false;
  }
}

function accountsOf(match: ServiceAccountMatch | null | undefined): LabelTest | undefined {
  if (match === null || match === undefined) return undefined;
  const names = match.names ?? [];
  const selector = read(match.selector);
  if (names.length === 0 && selector === undefined) {
    return () => {
      throw new UndefinedByFacts('§2.4: serviceAccounts without names and without selector');
    };
  }
  return (labels: LabelMap) =>
    (names.length === 0 || names.includes(labels[serviceAccountLabel] ?? '')) &&
    (selector === undefined || holds(selector, labels, { prefix: serviceAccountPrefix }));
}

// The small things

const given = (text: string | null | undefined): string | undefined =>
  text === null || text === undefined || text === '' ? undefined : text;

/** Absent and empty are the same to Calico's types. */
function read(text: string | null | undefined): Expression | undefined {
  const written = given(text);
  if (written === undefined) return undefined;
  const expression = parseSelector(written);
  if (expression === undefined) throw new Error(`no selector: ${written}`);
  return expression;
}

function netOf(text: string): Range {
  const address = parseAddress(text);
  const range =
    address === undefined ? parseCidr(text) : { family: address.family, first: address.value, last: address.value };
  if (range === undefined) throw new Error(`no network: ${text}`);
  return range;
}

/** Facts §2.5. */
function portOf(port: number | string): PortMatch {
  if (typeof port === 'number') return { first: port, last: port };
  const ends = /^(\d+)(?::(\d+))?$/.exec(port);
  if (ends === null) return { name: port };
  return { first: Number(ends[1]), last: Number(ends[2] ?? ends[1]) };
}
