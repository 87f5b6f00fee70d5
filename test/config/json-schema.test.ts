import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { jsonSchemas } from '../../src/config/json-schema.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { registry } from './fake-registry.ts';

const now = Date.UTC(2026, 10, 21);
const schemas = jsonSchemas(registry);

function validator(file: string) {
  return new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(schemas[file] ?? ''));
}

const guardrailSet = validator('docs/schema/guardrailset.json');
const exemption = validator('docs/schema/exemption.json');

function loads(document: object): boolean {
  return loadConfiguration([{ file: 'f', text: JSON.stringify(document) }], { registry, now }).ok;
}

const set = (spec: unknown) => ({
  apiVersion: 'sekisho.dev/v1alpha1',
  kind: 'GuardrailSet',
  metadata: { name: 'a' },
  spec,
});
const rule = (changes: object) =>
  set({ custom: [{ name: 'mine', message: { en: 'stop' }, path: '$.a', condition: { exists: true }, ...changes }] });
const doors = (settings: unknown) => set({ guardrails: { 'forbid-doors': { settings } } });
const flow = (changes: object) =>
  set({
    guardrails: {
      'keep-paths': {
        settings: { flows: [{ name: 'a', from: { everyone: true }, to: { pods: { names: ['b'] } }, ...changes }] },
      },
    },
  });
const exempt = (changes: object, metadata: object = {}) => ({
  apiVersion: 'sekisho.dev/v1alpha1',
  kind: 'Exemption',
  metadata: { name: 'e', ...metadata },
  spec: { guardrails: ['keep-paths'], owner: 'o', reason: 'r', expires: '2026-11-30', ...changes },
});

const sets: readonly (readonly [document: object, good: boolean])[] = [
  [{ apiVersion: 'sekisho.dev/v1alpha1', kind: 'GuardrailSet' }, true],
  [set({}), true],
  [set(null), false],
  [set([]), false],
  [set({ enforcer: 'calico', exemptions: { maxDays: 30 } }), true],
  [set({ enforcer: 'weave' }), false],
  [set({ exemptions: { maxDays: 0 } }), false],
  [set({ exemptions: { maxDays: 1.5 } }), false],
  [set({ exemptions: { maxDays: '30' } }), false],
  [set({ guardrail: {} }), false],
  [set({ guardrails: { 'forbid-doors': { mode: 'warn' } } }), true],
  [set({ guardrails: { 'forbid-doors': { mode: false } } }), true],
  [set({ guardrails: { 'forbid-doors': { mode: true } } }), false],
  [set({ guardrails: { 'forbid-doors': { mode: 'block' } } }), false],
  [set({ guardrails: { 'forbid-windows': {} } }), false],
  [set({ guardrails: { 'forbid-doors': { findings: { wide: 'off' } } } }), true],
  [set({ guardrails: { 'forbid-doors': { findings: { cut: 'off' } } } }), false],
  [set({ guardrails: { 'forbid-doors': { overrides: [{ namespaces: { names: ['a'] }, mode: 'off' }] } } }), true],
  [set({ guardrails: { 'forbid-doors': { overrides: [{ namespaces: {}, mode: 'off' }] } } }), false],
  [set({ guardrails: { 'forbid-doors': { overrides: [{ mode: 'off' }] } } }), false],
  [doors({ directions: ['Ingress'], maxAddresses: { ipv4: '/8', ipv6: 32 }, maxPorts: 0 }), true],
  [doors({ directions: [] }), false],
  [doors({ directions: ['Ingress', 'Ingress'] }), false],
  [doors({ directions: ['ingress'] }), false],
  [doors({ maxAddresses: { ipv4: '/33' } }), false],
  [doors({ maxAddresses: { ipv4: 33 } }), false],
  [doors({ maxAddresses: { ipv6: '/128' } }), true],
  [doors({ maxAddresses: { ipv6: '/129' } }), false],
  [doors({ maxAddresses: '/8' }), false],
  [doors({ maxPorts: -1 }), false],
  [doors({ openPorts: [{ direction: 'Egress', protocol: 'UDP', port: 53 }] }), true],
  [doors({ openPorts: [{ direction: 'Egress', protocol: 'UDP', port: 70000 }] }), false],
  [doors({ openPorts: [{ direction: 'Egress', port: 53 }] }), false],
  [doors({ doors: 1 }), false],
  [flow({}), true],
  [flow({ protocol: 'TCP', ports: [80, '8000-8010'] }), true],
  [flow({ protocol: 'HTTP' }), false],
  [flow({ ports: [] }), false],
  [flow({ ports: ['http'] }), false],
  [flow({ to: {} }), false],
  [flow({ to: { namespaces: { names: ['a'] }, pods: { labels: { a: 'b' } } } }), true],
  [flow({ to: { namespaces: { names: ['a'] }, cidr: '10.0.0.0/8' } }), false],
  [flow({ to: { hosts: 'all()' } }), true],
  [flow({ to: { everyone: false } }), false],
  [flow({ name: '' }), false],
  [set({ cluster: { podCIDRs: ['10.0.0.0/8'], apiServers: [{ cidr: '10.0.0.1/32', port: 6443 }] } }), true],
  [set({ cluster: { apiServers: [{ cidr: '10.0.0.1/32' }] } }), false],
  [set({ cluster: { dns: [{ namespace: 'a', podLabels: { a: 'b' } }, { cidr: '10.0.0.1/32' }] } }), true],
  [set({ cluster: { dns: [{ namespace: 'a', cidr: '10.0.0.1/32' }] } }), false],
  [set({ cluster: { dns: [{ cidr: '10.0.0.1/32', podLabels: {} }] } }), false],
  [set({ cluster: { dns: [{}] } }), false],
  [set({ cluster: { dns: [] } }), false],
  [set({ platform: { groups: ['a:b'], users: ['c'] } }), true],
  [set({ platform: { groups: ['a:*'] } }), false],
  [set({ platform: { groups: [' '] } }), false],
  [set({ namespaces: { exclude: { names: ['kube-*'], labels: { a: 'b' } } } }), true],
  [set({ namespaces: { exclude: { names: ['Kube'] } } }), false],
  [set({ namespaces: { exclude: { selector: {} } } }), true],
  [set({ namespaces: { exclude: { selector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } } } }), false],
  [set({ namespaces: { exclude: { labels: { a: 1 } } } }), false],
  [rule({}), true],
  [rule({ name: 'Mine' }), false],
  [rule({ message: {} }), false],
  [rule({ message: { de: 'halt' } }), false],
  [rule({ condition: {} }), false],
  [rule({ condition: { exists: true, equals: 1 } }), false],
  [
    rule({
      condition: { not: { all: [{ equals: [1] }, { any: [{ in: ['a', {}] }, { cidrWithin: '10.0.0.0/8' }] }] } },
    }),
    true,
  ],
  [rule({ condition: { not: { all: [] } } }), false],
  [rule({ condition: { every: { exists: true } } }), false],
  [rule({ condition: { every: { not: { cidrWithin: ['10.0.0.0/8'] } } } }), true],
  [rule({ condition: { equals: null } }), false],
  [rule({ condition: { in: [] } }), false],
  [rule({ condition: { atLeast: '1' } }), false],
  [rule({ match: { kinds: ['NetworkPolicy.projectcalico.org', 'Tier'], operations: ['DELETE'] } }), true],
  [rule({ match: { kinds: ['Pod'] } }), false],
  [rule({ match: { operations: ['PATCH'] } }), false],
];

const exemptions: readonly (readonly [document: object, good: boolean])[] = [
  [exempt({}), true],
  [exempt({ guardrails: ['forbid-doors/wide'] }), true],
  [exempt({ guardrails: ['forbid-doors/cut'] }), false],
  [exempt({ guardrails: [] }), false],
  [exempt({ owner: ' ' }), false],
  [exempt({ reason: undefined }), false],
  [exempt({ expires: '2026-11-30T12:00:00Z', notBefore: '2026-11-01' }), true],
  [exempt({ expires: 'never' }), false],
  [exempt({ expires: 20261130 }), false],
  [
    exempt({
      objects: [{ kinds: ['NetworkPolicy'], namespaces: { names: ['a'] }, names: ['b-*'], labels: { c: 'd' } }],
    }),
    true,
  ],
  [exempt({ objects: [] }), false],
  [exempt({ objects: [{}] }), false],
  [exempt({ objects: [{ kinds: [] }] }), false],
  [exempt({ objects: [{ namespaces: {} }] }), false],
  [exempt({}, { uid: 'x', creationTimestamp: '2026-11-01T00:00:00Z' }), true],
  [exempt({}, { creationTimestamp: null }), true],
  [exempt({}, { colour: 'red' }), false],
  [exempt({}, { name: 'Not A Name' }), false],
];

describe('the published schema accepts what the configuration accepts', () => {
  it.each(sets)('GuardrailSet %j: %s', (document, good) => {
    expect(loads(document)).toBe(good);
    expect(guardrailSet(JSON.parse(JSON.stringify(document)))).toBe(good);
  });

  it.each(exemptions)('Exemption %j: %s', (document, good) => {
    expect(loads(document)).toBe(good);
    expect(exemption(JSON.parse(JSON.stringify(document)))).toBe(good);
  });
});

describe('what an editor shows', () => {
  it('names guardrails, their keys, their settings and defaults', () => {
    const schema = JSON.parse(schemas['docs/schema/guardrailset.json'] ?? '');
    const doorsSchema = schema.properties.spec.properties.guardrails.properties['forbid-doors'];
    expect(doorsSchema.description).toBe('No doors.');
    expect(Object.keys(doorsSchema.properties.findings.properties)).toEqual(['wide', 'narrow']);
    expect(doorsSchema.properties.settings.properties.maxPorts).toMatchObject({
      type: 'integer',
      minimum: 0,
      default: 1024,
      description: 'How many.',
    });
  });

  it('is the same twice, and ends as a file does', () => {
    expect(jsonSchemas(registry)).toEqual(schemas);
    for (const text of Object.values(schemas)) expect(text).toMatch(/\}\n$/);
  });
});
