import { describe, expect, it } from 'vitest';
import { felix, node, outcomeOf, type FelixTrial as Trial } from './felix-trial.ts';

type Side = 'inbound' | 'outbound';
interface Entry {
  readonly protocol: string;
  readonly port: number;
  readonly net?: string;
}

const fieldOf = { inbound: 'failsafeInboundHostPorts', outbound: 'failsafeOutboundHostPorts' } as const;
const annotationOf = {
  inbound: 'config.projectcalico.org/FailsafeInboundHostPorts',
  outbound: 'config.projectcalico.org/FailsafeOutboundHostPorts',
} as const;

const tcp = (port: number): Entry => ({ protocol: 'TCP', port });
const udp = (port: number): Entry => ({ protocol: 'UDP', port });
const required: { readonly [S in Side]: readonly Entry[] } = {
  inbound: [tcp(22), udp(68), tcp(179), tcp(2379), tcp(2380), tcp(5473), tcp(6443)],
  outbound: [udp(53), udp(67), tcp(179), tcp(2379), tcp(2380), tcp(5473), tcp(6443)],
};
const purpose: { readonly [port: number]: string } = {
  22: 'SSH',
  53: 'DNS',
  67: 'DHCP',
  68: 'DHCP',
  179: 'BGP',
  2379: 'etcd',
  2380: 'etcd',
  5473: 'Typha',
  6443: 'API server',
};

const text = (entries: readonly Entry[]) =>
  entries.map(({ protocol, port }) => `${protocol.toLowerCase()}:${port}`).join();

interface Row {
  readonly trial: Trial;
  readonly key: string;
  readonly path: string;
  /** Whether the message names the port and what it is for, or only the entry. */
  readonly names: 'purpose' | 'entry';
}

function rows(side: Side, lost: Entry): { readonly [what: string]: Row } {
  const field = fieldOf[side];
  const name = annotationOf[side];
  const all = required[side];
  const index = all.indexOf(lost);
  const without = all.filter((one) => one !== lost);
  const inPlace = (entry: object) => all.map((one) => (one === lost ? entry : one));
  const path = `spec.${field}`;
  const good = felix('default', { [field]: all });
  const update = (object: object): Trial => ({ old: good, object });
  return {
    removed: { trial: update(felix('default', { [field]: without })), key: 'removed', path, names: 'purpose' },
    narrowed: {
      trial: update(felix('default', { [field]: inPlace({ ...lost, net: '10.0.0.0/8' }) })),
      key: 'narrowed',
      path: `${path}[${index}].net`,
      names: 'purpose',
    },
    emptied: { trial: update(felix('default', { [field]: [] })), key: 'emptied', path, names: 'purpose' },
    'misspelt protocol': {
      trial: update(felix('default', { [field]: inPlace({ ...lost, protocol: 'tpc' }) })),
      key: 'crashes',
      path: `${path}[${index}].protocol`,
      names: 'entry',
    },
    'SCTP protocol': {
      trial: update(felix('default', { [field]: inPlace({ ...lost, protocol: 'SCTP' }) })),
      key: 'crashes',
      path: `${path}[${index}].protocol`,
      names: 'entry',
    },
    'bad net': {
      trial: update(felix('default', { [field]: inPlace({ ...lost, net: '10.0.0.0/33' }) })),
      key: 'crashes',
      path: `${path}[${index}].net`,
      names: 'entry',
    },
    'annotation none': {
      trial: update(felix('default', { [field]: all }, { [name]: 'None' })),
      key: 'emptied',
      path: `metadata.annotations["${name}"]`,
      names: 'purpose',
    },
    'annotation list': {
      trial: update(felix('default', { [field]: all }, { [name]: text(without) })),
      key: 'removed',
      path: `metadata.annotations["${name}"]`,
      names: 'purpose',
    },
    'node object': {
      trial: { world: [good], object: felix('node.one', { [field]: without }) },
      key: 'removed',
      path,
      names: 'purpose',
    },
    'selector-scoped object': {
      trial: {
        world: [good, node('one', { edge: 'yes' })],
        object: felix('edge', { nodeSelector: 'has(edge)', [field]: without }),
      },
      key: 'removed',
      path,
      names: 'purpose',
    },
    'selector-scoped object without known nodes': {
      trial: { world: [good], object: felix('edge', { nodeSelector: 'has(edge)', [field]: without }) },
      key: 'removed',
      path,
      names: 'purpose',
    },
    'deletion of the node object that held it': {
      trial: { world: [felix('default', { [field]: without })], old: felix('node.one', { [field]: all }) },
      key: 'removed',
      path: 'spec',
      names: 'purpose',
    },
    'deletion of the selector-scoped object that held it': {
      trial: {
        world: [felix('default', { [field]: without }), node('one', { edge: 'yes' })],
        old: felix('edge', { nodeSelector: 'has(edge)', [field]: all }),
      },
      key: 'removed',
      path: 'spec',
      names: 'purpose',
    },
    'deletion of the older of two that choose a node': {
      trial: {
        world: [
          node('one', { edge: 'yes', rack: 'a' }),
          felix('younger', { nodeSelector: 'rack == "a"', [field]: without }, undefined, '2026-02-01T00:00:00Z'),
        ],
        old: felix('older', { nodeSelector: 'has(edge)', [field]: all }, undefined, '2026-01-01T00:00:00Z'),
      },
      key: 'removed',
      path: 'spec',
      names: 'purpose',
    },
    'another selector, so that nodes are left to default': {
      trial: {
        world: [felix('default', { [field]: without }), node('one', { edge: 'yes' })],
        old: felix('edge', { nodeSelector: 'has(edge)', [field]: all }),
        object: felix('edge', { nodeSelector: 'edge == "no"', [field]: all }),
      },
      key: 'removed',
      path: 'spec',
      names: 'purpose',
    },
    'field taken out, so that default counts': {
      trial: {
        world: [felix('default', { [field]: without })],
        old: felix('node.one', { [field]: all }),
        object: felix('node.one', {}),
      },
      key: 'removed',
      path: 'spec',
      names: 'purpose',
    },
  };
}

const matrix = (['inbound', 'outbound'] as const).flatMap((side) =>
  required[side].flatMap((lost) =>
    Object.entries(rows(side, lost)).map(
      ([what, row]) => [`${side} ${lost.protocol} ${lost.port} ${what}`, lost, row] as const,
    ),
  ),
);

describe('a required port', () => {
  it.each(matrix)('%s', (_what, lost, { trial, key, path, names }) => {
    const { allowed, findings, lines } = outcomeOf(trial);
    expect(allowed).toBe(false);
    const denied = findings.filter(({ effect }) => effect === 'deny');
    expect(lines.filter((line) => line.startsWith('deny '))).toEqual([`deny ${key} ${path}`]);
    const [finding] = denied;
    for (const language of ['en', 'ja'] as const) {
      const { message } = finding!.say(language);
      expect(message).toContain(String(lost.port));
      if (names === 'purpose' && language === 'en') expect(message).toContain(purpose[lost.port]);
    }
    expect(finding!.fix).toContain(String(lost.port));
  });
});

const inbound = required.inbound;
const full = felix('default', { failsafeInboundHostPorts: inbound, failsafeOutboundHostPorts: required.outbound });
const spec = full.spec;

const harmless: readonly (readonly [string, Trial])[] = [
  ['an unrelated field', { old: full, object: felix('default', { ...spec, logSeverityScreen: 'Debug' }) }],
  [
    'an unrelated field beside an old loss',
    {
      old: felix('default', { failsafeInboundHostPorts: [] }),
      object: felix('default', { failsafeInboundHostPorts: [], logSeverityScreen: 'Debug' }),
    },
  ],
  [
    'another order',
    { old: full, object: felix('default', { ...spec, failsafeInboundHostPorts: inbound.toReversed() }) },
  ],
  [
    'small letters',
    {
      old: full,
      object: felix('default', {
        ...spec,
        failsafeInboundHostPorts: inbound.map((one) => ({ ...one, protocol: one.protocol.toLowerCase() })),
      }),
    },
  ],
  [
    'one more port',
    { old: full, object: felix('default', { ...spec, failsafeInboundHostPorts: [...inbound, tcp(10250)] }) },
  ],
  [
    'one more port for few',
    {
      old: full,
      object: felix('default', {
        ...spec,
        failsafeInboundHostPorts: [...inbound, { ...tcp(10250), net: '10.0.0.0/8' }],
      }),
    },
  ],
  ['the field left out', { old: full, object: felix('default', {}) }],
  [
    'null',
    { old: full, object: felix('default', { failsafeInboundHostPorts: null, failsafeOutboundHostPorts: null }) },
  ],
  ['default created without lists', { object: felix('default', { bpfEnabled: false }) }],
  ['default created with lists', { object: full }],
  ['default deleted', { old: full }],
  ['default deleted that had none', { old: felix('default', { failsafeInboundHostPorts: [] }) }],
  ['a node object without lists', { world: [full], object: felix('node.one', { logSeverityScreen: 'Debug' }) }],
  ['a node object without lists deleted', { world: [full], old: felix('node.one', { logSeverityScreen: 'Debug' }) }],
  ['a node object with all deleted', { world: [full], old: felix('node.one', { failsafeInboundHostPorts: inbound }) }],
  ['an annotation with all', { old: full, object: felix('default', spec, { [annotationOf.inbound]: text(inbound) }) }],
  ['an annotation taken away', { old: felix('default', spec, { [annotationOf.inbound]: 'none' }), object: full }],
  [
    'an empty annotation over the built-in list',
    { old: full, object: felix('default', {}, { [annotationOf.inbound]: '' }) },
  ],
  [
    'halves of a net',
    {
      old: full,
      object: felix('default', {
        failsafeInboundHostPorts: [
          ...inbound.slice(1),
          ...['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1'].map((net) => ({ ...tcp(22), net })),
        ],
      }),
    },
  ],
  [
    'a lost port given back in part',
    {
      old: felix('default', { failsafeInboundHostPorts: inbound.slice(1) }),
      object: felix('default', { failsafeInboundHostPorts: [...inbound.slice(1), { ...tcp(22), net: '10.0.0.0/8' }] }),
    },
  ],
  [
    'an emptied list given back in part',
    {
      old: felix('default', { failsafeInboundHostPorts: [] }),
      object: felix('default', { failsafeInboundHostPorts: [tcp(22)] }),
    },
  ],
  ['a label', { old: full, object: { ...full, metadata: { name: 'default', labels: { a: 'b' } } } }],
  [
    'the selector of an object with all',
    {
      world: [full, node('one', { edge: 'yes' })],
      old: felix('edge', { nodeSelector: 'has(edge)', failsafeInboundHostPorts: inbound }),
      object: felix('edge', { nodeSelector: 'edge == "yes"', failsafeInboundHostPorts: inbound }),
    },
  ],
  [
    'a selector that chooses fewer nodes, with an old loss',
    {
      world: [full],
      old: felix('edge', { nodeSelector: 'has(edge)', failsafeInboundHostPorts: [] }),
      object: felix('edge', { nodeSelector: 'edge == "yes"', failsafeInboundHostPorts: [] }),
    },
  ],
];

describe('a harmless edit', () => {
  it.each(harmless)('%s', (_what, trial) => {
    expect(outcomeOf(trial).lines.filter((line) => line.startsWith('deny '))).toEqual([]);
  });
});

describe('a second loss', () => {
  it('is denied beside one that was there before', () => {
    const old = felix('default', { failsafeInboundHostPorts: inbound.slice(1) });
    const { findings } = outcomeOf({ old, object: felix('default', { failsafeInboundHostPorts: inbound.slice(2) }) });
    const denied = findings.filter(({ effect }) => effect === 'deny');
    expect(denied.map((one) => one.say('en').message)).toEqual(['the inbound failsafe list lacks UDP 68 (DHCP)']);
  });

  it('is denied where more nodes are chosen for the same list', () => {
    const old = felix('edge', { nodeSelector: 'edge == "yes"', failsafeInboundHostPorts: [] });
    expect(
      outcomeOf({ old, object: felix('edge', { nodeSelector: 'has(edge)', failsafeInboundHostPorts: [] }) }).allowed,
    ).toBe(false);
  });

  it('is denied where another spelling of an annotation may count', () => {
    const object = felix('default', spec, { 'config.projectcalico.org/failsafeinboundhostports': 'none' });
    expect(outcomeOf({ old: full, object }).lines).toContain(
      'deny emptied metadata.annotations["config.projectcalico.org/failsafeinboundhostports"]',
    );
  });

  it('is denied inside the metadata of the storage form', () => {
    const object = {
      apiVersion: 'crd.projectcalico.org/v1',
      kind: 'FelixConfiguration',
      metadata: {
        name: 'default',
        annotations: {
          'projectcalico.org/metadata': JSON.stringify({ annotations: { [annotationOf.inbound]: 'none' } }),
        },
      },
      spec: {},
    };
    expect(outcomeOf({ object }).lines).toContain('deny emptied metadata.annotations["projectcalico.org/metadata"]');
  });
});

describe('what is not known', () => {
  it('is said where a list goes and files tell of no other object', () => {
    const trial: Trial = { old: felix('node.one', { failsafeInboundHostPorts: inbound }), origin: 'files' };
    expect(outcomeOf(trial).notChecked).toContain('no-felix-configurations');
  });

  it('is nothing where the object itself gives the list', () => {
    expect(outcomeOf({ object: full, origin: 'none' }).notChecked).toEqual([]);
  });
});
