import { z } from 'zod';
import type { Guardrail, SettingType } from '../engine/guardrails/define.ts';
import { portRange } from '../engine/guardrails/settings.ts';
import { checked, type Fault, fine, here, integer, mapping, spellings } from './fault.ts';
import { has, selection } from './selection-schema.ts';
import * as sentences from './sentences.ts';
import { cidr, objectName, port, someText, spokenText } from './text-schemas.ts';

const direction = z.enum(['Ingress', 'Egress']);

const directions = checked(z.array(direction).min(1), repetitions).meta({ uniqueItems: true });

/** `/8` or 8. */
function prefix(bits: 32 | 128) {
  const written = bits === 32 ? /^\/(\d|[12]\d|3[0-2])$/ : /^\/(\d{1,2}|1[01]\d|12[0-8])$/;
  const text = checked(z.string(), (length) =>
    written.test(length) ? fine : here(sentences.wrongType('prefix', length)),
  ).meta({ pattern: written.source });
  return spellings('prefix', [integer(0, bits), text]);
}

const prefixes = mapping({ ipv4: prefix(32).optional(), ipv6: prefix(128).optional() });

const openPort = mapping({ direction, protocol: z.enum(['TCP', 'UDP', 'SCTP']), port });

const ports = spellings('ports', [port, checked(z.string(), portFaults).meta({ pattern: '^\\d{1,5}(-\\d{1,5})?$' })]);

function portFaults(text: string): readonly Fault[] {
  return portRange(text) === undefined ? here(sentences.wrongType('ports', text)) : fine;
}

/** Felix knows no other protocol here, and takes either case of letters. */
const failsafePort = mapping({
  protocol: z.enum(['TCP', 'UDP', 'tcp', 'udp']),
  port,
  net: cidr.optional().describe('From where, or where to, it must stay open. Default: every address of both families.'),
});

const hostFlow = mapping({
  direction: z.enum(['Ingress', 'Egress']),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']),
  port,
  net: z
    .union([z.literal('nodes'), cidr])
    .optional()
    .describe('From where, or where to: a CIDR, or the word nodes. Default: every address of both families.'),
});

const endKinds = ['namespaces', 'pods', 'cidr', 'hosts', 'everyone'];

const flowEnd = checked(
  mapping({
    namespaces: selection.optional(),
    pods: selection.optional(),
    cidr: cidr.optional(),
    hosts: someText.optional().describe('A Calico selector over host endpoints.'),
    everyone: z.literal(true).optional().describe('Every address and every pod.'),
  }),
  (end) => {
    const written = endKinds.filter((kind) => has(end, kind));
    const kinds = new Set(written.map((kind) => (kind === 'namespaces' ? 'pods' : kind)));
    return kinds.size === 1 ? fine : here(sentences.exactlyOne(['pods', 'cidr', 'hosts', 'everyone'], written));
  },
).meta({
  id: 'FlowEnd',
  description: 'One end of a flow: pods (chosen by namespaces, by pods or by both), a CIDR, hosts, or everyone.',
  oneOf: [
    { anyOf: [{ required: ['namespaces'] }, { required: ['pods'] }] },
    { required: ['cidr'] },
    { required: ['hosts'] },
    { required: ['everyone'] },
  ],
});

const protocolsWithPorts = ['TCP', 'UDP', 'SCTP'];

const flow = checked(
  mapping({
    name: spokenText,
    from: flowEnd,
    to: flowEnd,
    protocol: z.enum([...protocolsWithPorts, 'ICMP', 'ICMPv6']).optional(),
    ports: z.array(ports).min(1).optional(),
  }),
  ({ protocol, ports: written }) =>
    protocol === undefined || written === undefined || protocolsWithPorts.includes(protocol)
      ? fine
      : [{ path: ['protocol'], sentence: sentences.notOneOf(protocolsWithPorts, protocol, undefined) }],
).meta({ id: 'Flow' });

const flows = checked(z.array(flow), (list) => repetitions(list.map((one) => one.name)).map(ofName));

function ofName({ path, sentence }: Fault): Fault {
  return { path: [...path, 'name'], sentence };
}

const tierOrder = mapping({ tier: objectName, below: z.number() });

/** Entries that stand in a list for the second time. */
function repetitions(list: readonly unknown[]): readonly Fault[] {
  return list.flatMap((entry, index) =>
    list.indexOf(entry) < index ? [{ path: [index], sentence: sentences.repeated(entry) }] : [],
  );
}

const settingTypes: { readonly [T in SettingType]: z.ZodType } = {
  directions,
  prefixes,
  openPorts: z.array(openPort),
  integer: integer(0),
  flows,
  failsafePorts: z.array(failsafePort),
  names: checked(z.array(objectName), repetitions).meta({ uniqueItems: true }),
  tierOrders: z.array(tierOrder),
  hostFlows: z.array(hostFlow),
};

/** The settings of a guardrail, as it declares them. */
export function settingsSchema({ settings }: Guardrail) {
  return mapping(
    Object.fromEntries(
      Object.entries(settings).map(([name, { type, description, default: usual }]) => [
        name,
        settingTypes[type].optional().meta({ description, default: usual }),
      ]),
    ),
  );
}
