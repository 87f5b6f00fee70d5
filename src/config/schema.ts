import { z } from 'zod';
import type { Guardrail } from '../engine/guardrails/define.ts';
import { enforcerProfiles } from '../engine/model/cluster-facts.ts';
import { customRuleParts } from './custom-schema.ts';
import { checked, type Fault, fine, here, integer, mapping, spellings } from './fault.ts';
import { kindOfObject } from './kinds.ts';
import { nearest } from './nearest.ts';
import { has, labels, selection, selectionParts } from './selection-schema.ts';
import * as sentences from './sentences.ts';
import { settingsSchema } from './setting-schemas.ts';
import { cidr, identity, moment, objectName, port, someText } from './text-schemas.ts';

export const apiVersion = 'sekisho.dev/v1alpha1';

// YAML as Kubernetes reads it takes a bare `off` for false. Nobody can mean anything else by it here.
const mode = spellings('mode', [
  z.enum(['enforce', 'warn', 'audit', 'off']),
  z.literal(false).transform(() => 'off' as const),
]).meta({
  id: 'Mode',
  description: 'enforce denies, warn warns, audit is seen by the audit log only, off does nothing.',
});

/** The rest of what the API server writes into an object's metadata, when a document comes from a custom resource. */
const kept = Object.fromEntries(
  [
    ...[
      'namespace',
      'labels',
      'annotations',
      'uid',
      'resourceVersion',
      'generation',
      'managedFields',
      'ownerReferences',
    ],
    ...['finalizers', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink', 'generateName'],
  ].map((name) => [name, z.unknown().optional()] as const),
);

// `kubectl create --dry-run` writes a null creationTimestamp.
const metadata = mapping({ name: objectName, creationTimestamp: moment.nullish(), ...kept });

const identities = (what: string) =>
  mapping({ groups: z.array(identity).optional(), users: z.array(identity).optional() })
    .optional()
    .describe(what);

const dnsServer = checked(
  mapping({
    namespace: objectName.optional(),
    podLabels: labels.optional(),
    cidr: cidr.optional(),
  }),
  (server): readonly Fault[] => {
    const written = ['namespace', 'cidr'].filter((key) => has(server, key));
    if (written.length !== 1) return here(sentences.exactlyOne(['namespace', 'cidr'], written));
    if (server.cidr === undefined || server.podLabels === undefined) return fine;
    return [{ path: ['podLabels'], sentence: sentences.exactlyOne(['podLabels', 'cidr'], ['podLabels', 'cidr']) }];
  },
).meta({
  oneOf: [
    { required: ['namespace'], not: { required: ['cidr'] } },
    { required: ['cidr'], not: { anyOf: [{ required: ['namespace'] }, { required: ['podLabels'] }] } },
  ],
});

const cluster = mapping({
  podCIDRs: z.array(cidr).optional().describe('Where pods get their addresses from.'),
  serviceCIDRs: z.array(cidr).optional().describe('Where Services get their addresses from.'),
  nodeCIDRs: z.array(cidr).optional().describe('Where nodes have their addresses.'),
  apiServers: z.array(mapping({ cidr, port })).optional().describe('Where the API server is reached.'),
  dns: z.array(dnsServer).min(1).optional().describe('Where names are resolved; the first entry is what fixes name.'),
  applicationLayer: z.boolean().optional().describe("Whether Calico's HTTP matches are really enforced."),
}).describe('What no object of the cluster tells.');

function guardrailSchema(guardrail: Guardrail) {
  const keys = Object.keys(guardrail.keys).map((key) => [key, mode.optional()] as const);
  const modes = {
    mode: mode.optional(),
    findings: mapping(Object.fromEntries(keys)).optional().describe('The mode of single finding keys, exactly.'),
  };
  return mapping({
    ...modes,
    settings: settingsSchema(guardrail).optional(),
    overrides: z
      .array(mapping({ namespaces: selection, ...modes }))
      .optional()
      .describe('Other modes for the objects of some namespaces; the first entry that holds the namespace counts.'),
  })
    .optional()
    .describe(guardrail.summary.en);
}

const customRules = checked(z.array(mapping({ ...customRuleParts, mode: mode.optional() })), (rules) =>
  rules.flatMap(({ name }, index) => {
    const first = rules.findIndex((rule) => rule.name === name);
    return first < index
      ? [{ path: [index, 'name'], sentence: sentences.takenName(name, `spec.custom[${first}].name`) }]
      : [];
  }),
);

export function guardrailSetSchema(registry: readonly Guardrail[]) {
  const guardrails = registry.map((guardrail) => [guardrail.name, guardrailSchema(guardrail)] as const);
  const spec = mapping({
    enforcer: z.enum(enforcerProfiles).optional().describe('How the network plugin reads what the API leaves open.'),
    cluster: cluster.optional(),
    platform: identities('Who may change what belongs to the platform.'),
    deployers: identities('Tools that apply what was reviewed elsewhere.'),
    namespaces: mapping({ exclude: selection.optional() })
      .optional()
      .describe('Namespaces that are left alone, in place of the system namespaces that are so by default.'),
    exemptions: mapping({
      maxDays: integer(1, 36_500).optional().meta({ description: 'How long an Exemption may last.', default: 180 }),
    }).optional(),
    guardrails: mapping(Object.fromEntries(guardrails))
      .optional()
      .describe('A guardrail that is not named keeps its defaults.'),
    custom: customRules.optional().describe("The organisation's own rules."),
  });
  return mapping({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('GuardrailSet'),
    metadata: metadata.optional(),
    spec: spec.optional(),
    status: z.unknown().optional(),
  });
}

export type WrittenGuardrailSet = z.output<ReturnType<typeof guardrailSetSchema>>;

/** Names that an exemption may give: every guardrail, and each of its keys behind a slash. */
export function exemptible(registry: readonly Guardrail[]): readonly string[] {
  return registry.flatMap(({ name, keys }) => [name, ...Object.keys(keys).map((key) => `${name}/${key}`)]);
}

export const customName = /^custom\/[a-z0-9.-]+(\/violated)?$/;

export function exemptionSchema(registry: readonly Guardrail[]) {
  const known = exemptible(registry);
  const names = registry.map(({ name }) => name);
  const guardrail = checked(z.string(), (name) => {
    if (known.includes(name) || customName.test(name)) return fine;
    const [thing, near] = name.includes('/')
      ? (['finding', nearest(name, known)] as const)
      : (['guardrail', nearest(name, names)] as const);
    return here(sentences.unknownName(thing, name, near, thing === 'guardrail' ? names : []));
  }).meta({ anyOf: [{ enum: [...known] }, { pattern: customName.source }] });
  const objects = checked(
    mapping({ kinds: z.array(kindOfObject).min(1).optional(), namespaces: selection.optional(), ...selectionParts }),
    (value) => (Object.keys(value).length === 0 ? here(sentences.emptySelection()) : fine),
  ).meta({ minProperties: 1 });
  const spec = mapping({
    guardrails: z.array(guardrail).min(1).describe('Guardrails, or single finding keys as guardrail/key.'),
    objects: z.array(objects).min(1).optional().describe('Absent: any object.'),
    owner: someText.describe('Who answers for it.'),
    reason: someText.describe('Why it is needed.'),
    expires: moment.describe('A date (the end of that day, UTC) or an RFC 3339 time.'),
    notBefore: moment.optional().describe('From when on it is in force; absent: at once.'),
  });
  return mapping({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('Exemption'),
    metadata,
    spec,
    status: z.unknown().optional(),
  });
}

export type WrittenExemption = z.output<ReturnType<typeof exemptionSchema>>;
