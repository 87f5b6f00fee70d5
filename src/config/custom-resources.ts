import { z } from 'zod';
import type { Guardrail } from '../engine/guardrails/define.ts';
import { dig, type JsonObject } from '../engine/json/read.ts';
import { exemptions, guardrailSets } from './custom-resource-names.ts';
import { customName, exemptible, exemptionSchema, guardrailSetSchema } from './schema.ts';
import { exemptionStates, guardrailSetStates } from './status.ts';
import { structuralSchema } from './structural-schema.ts';

interface Names {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
}

interface Column {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: 1;
}

/** The CustomResourceDefinitions of GuardrailSet and Exemption, made from the schemas that files are read with. */
export function customResourceDefinitions(registry: readonly Guardrail[]): readonly JsonObject[] {
  return [
    definition(
      { kind: 'Exemption', ...exemptions, singular: 'exemption', shortNames: ['exempt'] },
      withRules(specOf(exemptionSchema(registry)), registry),
      exemptionColumns,
      { ...commonStatus, state: exemptionState, lastUsed },
    ),
    definition(
      { kind: 'GuardrailSet', ...guardrailSets, singular: 'guardrailset', shortNames: ['guardrails'] },
      specOf(guardrailSetSchema(registry)),
      guardrailSetColumns,
      { ...commonStatus, state: guardrailSetState },
    ),
  ];
}

const age: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const exemptionColumns: readonly Column[] = [
  { name: 'State', type: 'string', jsonPath: '.status.state' },
  { name: 'Expires', type: 'string', jsonPath: '.spec.expires' },
  { name: 'Last used', type: 'date', jsonPath: '.status.lastUsed.time', description: 'How long ago.' },
  { name: 'Owner', type: 'string', jsonPath: '.spec.owner' },
  { name: 'Reason', type: 'string', jsonPath: '.spec.reason' },
  { name: 'Guardrails', type: 'string', jsonPath: '.spec.guardrails', priority: 1 },
  { name: 'Used by', type: 'string', jsonPath: '.status.lastUsed.user', priority: 1 },
  age,
];

const guardrailSetColumns: readonly Column[] = [
  { name: 'State', type: 'string', jsonPath: '.status.state' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Enforcer', type: 'string', jsonPath: '.spec.enforcer', priority: 1 },
  { name: 'Message', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message', priority: 1 },
  age,
];

const text = (description: string) => ({ type: 'string', description });
const moment = (description: string) => ({ type: 'string', format: 'date-time', description });
const generation = (description: string) => ({ type: 'integer', format: 'int64', description });

const exemptionState = { ...text('How it stands now.'), enum: [...exemptionStates] };
const guardrailSetState = { ...text('How it stands now.'), enum: [...guardrailSetStates] };

const lastUsed = {
  type: 'object',
  description: 'The last request that got by with it, to the minute; dry runs do not count.',
  required: ['time'],
  properties: {
    time: moment('When.'),
    user: text('Whose request it was.'),
    operation: text('CREATE, UPDATE or DELETE.'),
    object: text('Of what: the kind, the namespace where there is one, and the name.'),
  },
};

const condition = {
  type: 'object',
  required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
  properties: {
    type: text('Accepted: it can be read. Ready: it is in force.'),
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    observedGeneration: generation('The generation of the object that this is about.'),
    lastTransitionTime: moment('When the status changed last.'),
    reason: text('In one word.'),
    message: text('In a sentence.'),
  },
};

const commonStatus = {
  observedGeneration: generation('The generation of the object that the rest is about.'),
  conditions: {
    type: 'array',
    items: condition,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
  accepted: {
    type: 'object',
    description: 'The newest version that could be read. It stays in force while a newer one cannot.',
    required: ['generation', 'spec'],
    properties: {
      generation: generation('Its generation.'),
      spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  },
};

/** What only the rules of the API server can say in words. Unbounded lists would make them too dear for it. */
function withRules(spec: unknown, registry: readonly Guardrail[]): JsonObject {
  const known = exemptible(registry).map((name) => `'${name}'`);
  const guardrails = {
    ...Object(dig(spec, 'properties', 'guardrails')),
    maxItems: 200,
    items: {
      type: 'string',
      maxLength: 300,
      'x-kubernetes-validations': [
        {
          rule: `self in [${known.join(', ')}] || self.matches(r'${customName.source}')`,
          message: 'no guardrail and no finding has this name; sekisho explain lists them',
        },
      ],
    },
  };
  const endsAfterItBegins = {
    // Two dates compare as texts do; times, which have zones, are left to Sekisho.
    rule: '!has(self.notBefore) || self.notBefore.size() != 10 || self.expires.size() != 10 || self.notBefore <= self.expires',
    message: 'expires must not lie before notBefore',
    fieldPath: '.expires',
  };
  return {
    ...Object(spec),
    properties: { ...Object(dig(spec, 'properties')), guardrails },
    'x-kubernetes-validations': [endsAfterItBegins],
  };
}

function definition(
  { kind, group, version, plural, singular, shortNames }: Names,
  spec: JsonObject,
  additionalPrinterColumns: readonly Column[],
  status: JsonObject,
): JsonObject {
  const openAPIV3Schema = {
    type: 'object',
    ...(kind === 'Exemption' && { required: ['spec'] }),
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec,
      status: { type: 'object', properties: status },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/name': 'sekisho' },
      // With the definition every object of it would go: an uninstalled chart must not cost the organisation its Exemptions.
      annotations: { 'helm.sh/resource-policy': 'keep' },
    },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ['sekisho'] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns,
          schema: { openAPIV3Schema },
        },
      ],
    },
  };
}

function specOf(schema: z.ZodType): JsonObject {
  const published = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return Object(dig(structuralSchema(published), 'properties', 'spec'));
}
