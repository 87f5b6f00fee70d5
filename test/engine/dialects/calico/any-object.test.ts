import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInSet } from '../../../../src/config/resolve.ts';
import { describePolicy } from '../../../../src/engine/describe/describe.ts';
import { policyText } from '../../../../src/engine/describe/sentences.ts';
import { calicoResources } from '../../../../src/engine/dialects/calico/resources.ts';
import { policyResource, resourceOf } from '../../../../src/engine/dialects/resources.ts';
import { registry } from '../../../../src/engine/guardrails/registry.ts';
import { isObject, type JsonObject } from '../../../../src/engine/json/read.ts';
import { judge } from '../../../../src/engine/judge.ts';
import { gather } from '../../../../src/engine/model/gather.ts';
import { refOf } from '../../../../src/engine/model/object.ts';
import type { Problem } from '../../../../src/engine/model/policy.ts';
import { renderResponse } from '../../../../src/engine/render/admission.ts';
import { hasWords, reasonOf } from '../../../../src/engine/words/syntax.ts';

const set = builtInSet({ registry });

const selectors = [
  "app == 'a'",
  'has(app)',
  'all()',
  '!has(b)',
  'app not in {"a"}',
  "app = 'a'",
  'global()',
  '',
  'x\n',
];
const nets = ['10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32', '10.0.0.0/33', '10.0.0.1', 'x'];
const entity = {
  selector: selectors[0],
  notSelector: selectors[3],
  namespaceSelector: selectors[1],
  nets,
  notNets: ['10.1.0.0/16'],
  ports: [80, '8000:8010', 'http', 70000],
  serviceAccounts: { names: ['api'], selector: selectors[0] },
};
const rule = {
  action: 'Allow',
  protocol: 'TCP',
  ipVersion: 4,
  source: entity,
  destination: { ...entity, services: { name: 'db', namespace: 'shop' } },
  icmp: { type: 8, code: 0 },
  http: { methods: ['GET'], paths: [{ exact: '/a' }] },
  metadata: { annotations: { a: 'b' } },
};
const policySpec = {
  tier: 'default',
  order: 5,
  selector: selectors[0],
  namespaceSelector: selectors[1],
  serviceAccountSelector: selectors[2],
  types: ['Ingress', 'Egress'],
  ingress: [rule, { ...rule, action: 'Deny', protocol: 'ICMP' }],
  egress: [{ action: 'Pass' }, rule],
  doNotTrack: false,
  preDNAT: false,
  applyOnForward: true,
  performanceHints: ['AssumeNeededOnEveryNode'],
};
const specs: { readonly [kind: string]: unknown } = {
  NetworkSet: { nets },
  GlobalNetworkSet: { nets },
  Tier: { order: 5, defaultAction: 'Deny' },
  HostEndpoint: {
    node: 'n',
    interfaceName: '*',
    expectedIPs: ['10.0.0.1'],
    ports: [{ name: 'x', port: 1, protocol: 'TCP' }],
  },
  Profile: { ingress: [rule], egress: [rule], labelsToApply: { a: 'b' } },
  FelixConfiguration: { failsafeInboundHostPorts: [{ protocol: 'tcp', port: 22 }] },
  KubeControllersConfiguration: {
    controllers: { node: { hostEndpoint: { autoCreate: 'Enabled', templates: [{ labels: {} }] } } },
  },
  StagedKubernetesNetworkPolicy: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }], stagedAction: 'Set' },
};

const jsonValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(...selectors, ...nets, 'TCP', 'Allow', 0, -1, 65536, 1.5, null, [], {}, [null], [[]], true),
) as fc.Arbitrary<unknown>;

/** A valid object with some of its parts replaced. */
function mutated(value: unknown, changes: readonly (readonly [number, unknown])[]): unknown {
  let object = structuredClone(value);
  for (const [at, instead] of changes) {
    const places = placesOf(object);
    const path = places[at % places.length] ?? [];
    object = replaced(object, path, instead);
  }
  return object;
}

function placesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, entry]) => placesOf(entry, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], instead: unknown): unknown {
  if (key === undefined) return instead;
  if (Array.isArray(value))
    return value.map((entry, index) => (`${index}` === key ? replaced(entry, rest, instead) : entry));
  return isObject(value) ? { ...value, [key]: replaced(value[key], rest, instead) } : value;
}

const kinds = calicoResources.map((one) => [`${one.group} ${one.kind}`, one] as const);

describe.each(kinds)('any %s', (_name, resource) => {
  const { group, version, kind, namespaced } = resource;
  const object = (spec: unknown, more: JsonObject = {}): JsonObject => ({
    apiVersion: `${group}/${version}`,
    kind,
    metadata: { name: 'x', ...(namespaced ? { namespace: 'shop' } : {}), labels: { a: 'b' } },
    spec,
    ...more,
  });
  const valid = object(specs[kind] ?? policySpec);

  function judged(old: unknown, given: unknown): void {
    const ref = refOf(given);
    if (ref.kind !== kind) return;
    const before = gather(old === undefined ? [] : [{ object: old, ref: refOf(old) }], 'files');
    const after = before.with(given, ref);
    const change = {
      operation: old === undefined ? ('CREATE' as const) : ('UPDATE' as const),
      ref,
      object: given,
      oldObject: old,
      user: { name: 'dev', groups: [] },
      dryRun: false,
    };
    const verdict = judge({ change, before, after }, set, 0);
    for (const language of ['en', 'ja'] as const) {
      renderResponse('uid', change, verdict, '', language);
      for (const one of verdict.findings) {
        const { message, why } = one.say(language);
        expect(`${message}${why}`).not.toMatch(/undefined|\[object|NaN/);
      }
    }
    const policy = policyResource(ref)?.read(given, ref);
    const problems: readonly Problem[] = policy?.problems ?? resourceOf(ref)?.problems?.(given, ref) ?? [];
    for (const problem of problems) {
      if (problem.key === 'unknown-field' || problem.reason.includes(', ')) continue;
      expect(hasWords(reasonOf(problem)), problem.reason).toBe(true);
    }
    if (policy === undefined) return;
    describePolicy(policy, after, set.cluster);
    for (const language of ['en', 'ja'] as const) expect(policyText(policy, language)).toMatch(/[.。]$/);
  }

  it('is judged and described, never thrown over, when it is any JSON', () => {
    fc.assert(
      fc.property(jsonValue, jsonValue, (spec, metadata) => {
        judged(undefined, object(spec));
        judged(undefined, object(spec, { metadata }));
        judged(valid, object(spec));
      }),
      { numRuns: 40 },
    );
  });

  it('is judged and described, never thrown over, when parts of a valid one are replaced', () => {
    const changes = fc.array(fc.tuple(fc.nat(), jsonValue), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, (made) => {
        judged(undefined, mutated(valid, made));
        judged(valid, mutated(valid, made));
      }),
      { numRuns: 60 },
    );
  });
});
