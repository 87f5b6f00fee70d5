import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../src/config/load.ts';
import { builtInSet } from '../../../src/config/resolve.ts';
import { knownNodes } from '../../../src/engine/felix/chains.ts';
import { effectiveFailsafe, failsafePorts } from '../../../src/engine/felix/failsafe-ports.ts';
import { readPortList } from '../../../src/engine/felix/port-list.ts';
import { keepFailsafePorts } from '../../../src/engine/guardrails/keep-failsafe-ports.ts';
import { protectDataplane } from '../../../src/engine/guardrails/protect-dataplane.ts';
import { judge } from '../../../src/engine/judge.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { addressCidrs, containsAddresses, everyAddress } from '../../../src/engine/sets/addresses.ts';
import { told, tried } from '../guardrails/trial.ts';
import { felix, node, outcomeOf, worldOf } from './felix-trial.ts';

function read(text: string): readonly string[] {
  return readPortList(text).map(({ reading }) => {
    if (!reading.ok) return reading.fault;
    const far = containsAddresses(reading.addresses, everyAddress) ? 'all' : addressCidrs(reading.addresses).join();
    return `${reading.protocol} ${reading.port} ${far}`;
  });
}

describe('a list in text', () => {
  it.each([
    ['22', ['6 22 all']],
    [' 22 , udp:53 ', ['6 22 all', '17 53 all']],
    ['TCP:22', ['6 22 all']],
    ['tcp:22,udp:1.2.3.0/24:53,tcp:[fd00::/8]:22', ['6 22 all', '17 53 1.2.3.0/24', '6 22 fd00::/8']],
    ['[fd00::1]:22', ['6 22 fd00::1/128']],
    ['tcp:[10.0.0.0/8]:22', ['6 22 10.0.0.0/8']],
    ['tcp:10.1.2.3/8:22', ['6 22 10.0.0.0/8']],
    ['tcp:10.0.0.0/08:22', ['6 22 10.0.0.0/8']],
    ['tcp::22', ['6 22 all']],
    ['tcp:[]:22', ['6 22 all']],
    ['tcp:[::ffff:10.0.0.0/104]:22', ['6 22 10.0.0.0/8']],
    ['tcp:+22,tcp:0022', ['6 22 all', '6 22 all']],
    ['tcp:0', ['6 0 all']],
    ['', []],
    [' , ,', []],
    ['tcp:65535', ['6 65535 all']],
    ['tcp:65536', ['port']],
    ['tcp:-1', ['port']],
    ['tcp:ssh', ['port']],
    ['tcp:', ['port']],
    ['tcp:22 ,tcp :22', ['6 22 all', 'protocol']],
    ['sctp:22', ['protocol']],
    [':22', ['protocol']],
    ['tcp:10.0.0.0/33:22', ['net']],
    ['tcp:010.0.0.0/8:22', ['net']],
    ['tcp:10.0.0:22', ['net']],
    ['tcp:fd00::/8:22', ['form']],
    ['tcp:[fd00::/8]22', ['form']],
    ['tcp:]:[22', ['form']],
    ['tcp:[fe80::1%eth0]:22', ['net']],
    ['none', ['port']],
    ['a:b:c:d', ['form']],
  ])('%j', (text, entries) => {
    expect(read(text)).toEqual(entries);
  });

  it('is read, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[tcpud:,[\]0-9./ ]{0,60}$/)), (text) => {
        for (const { reading } of readPortList(text)) if (reading.ok) expect(reading.port).toBeLessThanOrEqual(65535);
      }),
    );
  });
});

describe('the fields of entries', () => {
  it.each([
    [{ protocol: 'tcp', port: 22 }, undefined],
    [{ protocol: 'Udp', port: 22 }, undefined],
    [{ protocol: 'tcp', port: '22' }, undefined],
    [{ protocol: 'tcp', port: 22, net: '' }, undefined],
    [{ protocol: 'tcp', port: 22, net: null }, undefined],
    [{ protocol: 'tcp', port: 22, net: 'fd00::1' }, undefined],
    [{ port: 22 }, '[0]'],
    [{ protocol: '', port: 22 }, '[0].protocol'],
    [{ protocol: 'SCTP', port: 22 }, '[0].protocol'],
    [{ protocol: 6, port: 22 }, '[0].protocol'],
    [{ protocol: 'tcp' }, '[0]'],
    [{ protocol: 'tcp', port: 65536 }, '[0].port'],
    [{ protocol: 'tcp', port: -1 }, '[0].port'],
    [{ protocol: 'tcp', port: 2.5 }, '[0].port'],
    [{ protocol: 'tcp', port: 'ssh' }, '[0].port'],
    [{ protocol: 'tcp', port: 0 }, '[0].port'],
    [{ protocol: 'tcp', port: 22, net: '10.0.0.0/33' }, '[0].net'],
    [{ protocol: 'tcp', port: 22, net: 7 }, '[0].net'],
    // Calico takes it for IPv4 and writes no brackets, and Felix then sees too many colons.
    [{ protocol: 'tcp', port: 22, net: '::ffff:10.0.0.0/104' }, '[0].net'],
    [null, '[0]'],
    ['tcp:22', '[0]'],
  ])('%j', (entry, fault) => {
    const { lines } = outcomeOf({ object: felix('default', { failsafeInboundHostPorts: [entry] }) });
    const crashes = lines.filter((line) => line.includes(' crashes '));
    expect(crashes).toEqual(fault === undefined ? [] : [`deny crashes spec.failsafeInboundHostPorts${fault}`]);
  });

  it('may smuggle in further entries by a comma, as Felix reads them', () => {
    const list = [{ protocol: 'tcp:22,tcp', port: 179 }];
    const { inbound } = failsafePorts(worldOf([felix('default', { failsafeInboundHostPorts: list })]), 'one');
    expect(inbound.map(({ port }) => port)).toEqual([22, 179]);
  });
});

describe('what counts on a node', () => {
  const of = (...ports: number[]) => ({ failsafeInboundHostPorts: ports.map((port) => ({ protocol: 'tcp', port })) });
  const day = (n: number) => `2026-01-0${n}T00:00:00Z`;
  const ports = (objects: readonly object[], name = 'one') =>
    failsafePorts(worldOf(objects), name).inbound.map(({ port }) => port);
  const labelled = node('one', { edge: 'yes' });

  it('is built in where nobody says anything', () => {
    const { inbound, outbound } = failsafePorts(worldOf([]), 'one');
    expect(inbound.map(({ protocol, port }) => `${protocol} ${port}`)).toEqual([
      '6 22',
      '6 179',
      '6 2379',
      '6 2380',
      '6 5473',
      '6 6443',
      '6 6666',
      '6 6667',
      '17 68',
    ]);
    expect(outbound.map(({ protocol, port }) => `${protocol} ${port}`)).toEqual([
      '6 179',
      '6 2379',
      '6 2380',
      '6 5473',
      '6 6443',
      '6 6666',
      '6 6667',
      '17 53',
      '17 67',
    ]);
    expect(inbound.every(({ addresses }) => containsAddresses(addresses, everyAddress))).toBe(true);
  });

  it.each([
    ['default', [felix('default', of(1))], [1]],
    ['the node before default', [felix('default', of(1)), felix('node.one', of(2))], [2]],
    ['another node does not', [felix('default', of(1)), felix('node.two', of(2))], [1]],
    [
      'the selector before default',
      [labelled, felix('default', of(1)), felix('s', { nodeSelector: 'has(edge)', ...of(3) })],
      [3],
    ],
    [
      'the node before the selector',
      [labelled, felix('node.one', of(2)), felix('s', { nodeSelector: 'has(edge)', ...of(3) })],
      [2],
    ],
    [
      'not a selector that does not choose it',
      [labelled, felix('default', of(1)), felix('s', { nodeSelector: 'has(core)', ...of(3) })],
      [1],
    ],
    [
      'the oldest',
      [
        labelled,
        felix('a', { nodeSelector: 'all()', ...of(3) }, undefined, day(2)),
        felix('b', { nodeSelector: 'all()', ...of(4) }, undefined, day(1)),
      ],
      [4],
    ],
    [
      'of the same age the first by name',
      [
        labelled,
        felix('b', { nodeSelector: 'all()', ...of(4) }, undefined, day(1)),
        felix('a', { nodeSelector: 'all()', ...of(3) }, undefined, day(1)),
      ],
      [3],
    ],
    [
      'only the oldest, even where it says nothing',
      [
        labelled,
        felix('default', of(1)),
        felix('a', { nodeSelector: 'all()' }, undefined, day(1)),
        felix('b', { nodeSelector: 'all()', ...of(4) }, undefined, day(2)),
      ],
      [1],
    ],
    ['default where the node says nothing', [felix('default', of(1)), felix('node.one', {})], [1]],
    ['nothing where the list is empty', [felix('default', of())], []],
    [
      'nothing where Felix cannot read it',
      [felix('default', { failsafeInboundHostPorts: [{ protocol: 'sctp', port: 22 }] })],
      [],
    ],
    [
      'the annotation before the field',
      [felix('default', of(1), { 'config.projectcalico.org/FailsafeInboundHostPorts': 'tcp:5' })],
      [5],
    ],
    [
      'none in an annotation',
      [felix('default', of(1), { 'config.projectcalico.org/FailsafeInboundHostPorts': 'NONE' })],
      [],
    ],
    [
      'what lies below an empty annotation, which hides the field',
      [felix('default', of(1)), felix('node.one', of(2), { 'config.projectcalico.org/FailsafeInboundHostPorts': '' })],
      [1],
    ],
    [
      'the field beside an empty annotation in other letters',
      [felix('default', of(1), { 'config.projectcalico.org/failsafeinboundhostports': '' })],
      [1],
    ],
    [
      'what is in both of a field and an annotation in other letters',
      [felix('default', of(1, 2), { 'config.projectcalico.org/failsafeinboundhostports': 'tcp:2,tcp:3' })],
      [2],
    ],
    [
      'an annotation in other letters without a field',
      [felix('default', {}, { 'config.projectcalico.org/failsafeinboundhostports': 'tcp:2,tcp:3' })],
      [2, 3],
    ],
    [
      'what is in all that may count, where the labels are not known',
      [felix('default', of(1, 2)), felix('s', { nodeSelector: 'has(edge)', ...of(2, 3) })],
      [2],
    ],
    [
      'what is in both, where nothing says for which nodes one is',
      [labelled, felix('default', of(1, 2)), felix('s', of(2, 3))],
      [2],
    ],
  ])('%s', (_what, objects, expected) => {
    expect(ports(objects)).toEqual(expected);
  });

  it('tells where it comes from', () => {
    const world = worldOf([felix('default', of(1)), felix('node.one', { failsafeOutboundHostPorts: [] })]);
    const { inbound, outbound } = effectiveFailsafe(world, 'one');
    expect(inbound.sources.map(({ ref, value }) => [ref?.name, value.path])).toEqual([
      ['default', ['spec', 'failsafeInboundHostPorts']],
    ]);
    expect(outbound.sources.map(({ ref }) => ref?.name)).toEqual(['node.one']);
    expect(effectiveFailsafe(worldOf([]), 'one').inbound.sources.map(({ ref }) => ref)).toEqual([undefined]);
  });
});

it('knows nodes by their objects, their host endpoints and their settings', () => {
  const host = {
    kind: 'HostEndpoint',
    apiVersion: 'projectcalico.org/v3',
    metadata: { name: 'h' },
    spec: { node: 'two', interfaceName: '*' },
  };
  expect([...knownNodes(worldOf([node('one'), host, felix('node.three'), felix('default')]))].sort()).toEqual([
    'one',
    'three',
    'two',
  ]);
});

it('judges anything, and never throws', () => {
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.array(fc.record({ protocol: fc.jsonValue(), port: fc.jsonValue(), net: fc.jsonValue() })),
  );
  const spec = fc.record(
    {
      failsafeInboundHostPorts: odd,
      nodeSelector: fc.oneof(fc.jsonValue(), fc.constant('has(edge)')),
      interfacePrefix: fc.jsonValue(),
      routeTableRanges: fc.jsonValue(),
      externalNodesList: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.constantFrom('default', 'node.one', 'edge'),
      spec,
      spec,
      fc.string(),
      (name, before, after, value) => {
        const pair = {
          old: felix(name, before),
          object: felix(name, after, { 'config.projectcalico.org/FailsafeOutboundHostPorts': value }),
        };
        for (const guardrail of [keepFailsafePorts, protectDataplane]) {
          const set = builtInSet({ registry: [guardrail] });
          const ref = refOf(pair.object);
          const world = worldOf([pair.old, node('one', { edge: 'yes' })]);
          const user = { name: '', groups: [] };
          const one = {
            operation: 'UPDATE',
            ref,
            object: pair.object,
            oldObject: pair.old,
            user,
            dryRun: false,
          } as const;
          const verdict = judge(
            { change: one, before: world, after: world.with(pair.object, ref), alone: true },
            set,
            0,
          );
          for (const finding of verdict.findings) expect(finding.say('en').message).not.toBe('');
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('tells twenty of ten thousand unreadable entries, and none of them is forgiven as one of the rest', () => {
  const list = Array.from({ length: 10_000 }, (_, i) => ({ protocol: 'sctp', port: i }));
  const old = felix('default', { failsafeInboundHostPorts: list.slice(1) });
  const { findings } = outcomeOf({ old, object: felix('default', { failsafeInboundHostPorts: list }) });
  const crashes = findings.filter(({ key }) => key === 'crashes');
  expect(crashes).toHaveLength(20);
  expect(crashes.some(({ effect, say }) => effect === 'deny' && say('en').message.includes('port: 0'))).toBe(true);
  expect(outcomeOf({ old, object: felix('default', { ...old.spec, ipipMTU: 0 }) }).allowed).toBe(true);
});

describe('what is required', () => {
  const configured = (text: string) =>
    loadConfiguration(
      [
        {
          file: 'f.yaml',
          text: `apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nmetadata: { name: acme }\nspec: { guardrails: { keep-failsafe-ports: { settings: { inbound: ${text} } } } }\n`,
        },
      ],
      { registry: [keepFailsafePorts], now: 0 },
    );
  const readable = (text: string) => configured(text).ok;

  it.each(['[]', '[{ protocol: TCP, port: 22 }]', '[{ protocol: udp, port: 68, net: "fd00::/8" }]'])(
    'may be %s',
    (text) => {
      expect(readable(text)).toBe(true);
    },
  );

  it.each([
    '{}',
    '[{ protocol: SCTP, port: 22 }]',
    '[{ port: 22 }]',
    '[{ protocol: TCP, port: 0 }]',
    '[{ protocol: TCP, port: "22" }]',
    '[{ protocol: TCP, port: 22, net: 10.0.0.1/8 }]',
    '[{ protocol: TCP, port: 22, nets: [] }]',
  ])('may not be %s', (text) => {
    expect(readable(text)).toBe(false);
  });

  it('is asked for within its net, families apart', () => {
    const loaded = configured('[{ protocol: TCP, port: 22, net: 10.0.0.0/8 }]');
    const [guardrail] = loaded.ok ? loaded.set.guardrails : [];
    expect(guardrail).toBeDefined();
    const lines = (net: string) => {
      const object = felix('default', { failsafeInboundHostPorts: [{ protocol: 'tcp', port: 22, net }] });
      const settings = { inbound: [{ protocol: 'TCP', port: 22, net: '10.0.0.0/8' }], outbound: [] };
      return told(tried(keepFailsafePorts, { object }, { settings, origin: 'cluster' }));
    };
    expect(lines('0.0.0.0/0')).toEqual([]);
    expect(lines('10.0.0.0/9')).toEqual(['deny narrowed spec.failsafeInboundHostPorts[0].net']);
    expect(lines('::/0')).toEqual(['deny narrowed spec.failsafeInboundHostPorts[0].net']);
  });
});

describe('another spelling of the same list', () => {
  const entry = fc.record({
    protocol: fc.constantFrom('tcp', 'udp'),
    port: fc.constantFrom(22, 68, 179, 2379, 2380, 5473, 6443, 6666, 8080),
    net: fc.constantFrom(undefined, '0.0.0.0/0', '::/0', '10.0.0.0/8', 'fd00::/8'),
  });
  type Entry = { protocol: string; port: number; net: string | undefined };
  const halves: { readonly [net: string]: readonly string[] } = {
    '0.0.0.0/0': ['0.0.0.0/1', '128.0.0.0/1'],
    '::/0': ['::/1', '8000::/1'],
    '10.0.0.0/8': ['10.0.0.0/9', '10.128.0.0/9'],
    'fd00::/8': ['fd00::/9', 'fd80::/9'],
  };
  const text = ({ protocol, port, net }: Entry) =>
    net === undefined ? `${protocol}:${port}` : `${protocol}:${net.includes(':') ? `[${net}]` : net}:${port}`;
  const respelt: readonly ((list: readonly Entry[]) => object)[] = [
    (list) => felix('default', { failsafeInboundHostPorts: list.toReversed() }),
    (list) =>
      felix('default', {
        failsafeInboundHostPorts: list.map((one) => ({ ...one, protocol: one.protocol.toUpperCase() })),
      }),
    (list) => felix('default', { failsafeInboundHostPorts: list.map((one) => ({ ...one, port: String(one.port) })) }),
    (list) => felix('default', { failsafeInboundHostPorts: [...list, ...list] }),
    (list) =>
      felix('default', {
        failsafeInboundHostPorts: list.flatMap((one) =>
          one.net === undefined ? [one] : (halves[one.net] ?? []).map((net) => ({ ...one, net })),
        ),
      }),
    (list) =>
      felix('default', {
        failsafeInboundHostPorts: list.flatMap((one) =>
          one.net === undefined ? ['0.0.0.0/0', '::/0'].map((net) => ({ ...one, net })) : [one],
        ),
      }),
    (list) =>
      felix(
        'default',
        {},
        {
          'config.projectcalico.org/FailsafeInboundHostPorts': list.length === 0 ? 'none' : list.map(text).join(' , '),
        },
      ),
    (list) =>
      felix(
        'default',
        {},
        { 'config.projectcalico.org/failsafeInboundHostPorts': list.length === 0 ? ',' : list.map(text).join() },
      ),
  ];
  /** Messages, as they hold the key, the ports and the addresses; the place is not the same. */
  const said = (object: object) =>
    outcomeOf({ object })
      .findings.filter(({ key }) => key !== 'hidden')
      .map((one) => `${one.key} ${one.effect} ${one.say('en').message}`)
      .sort();

  it('gives the same findings', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), fc.constantFrom(...respelt), (list, spelling) => {
        const plain = felix('default', { failsafeInboundHostPorts: list });
        expect(said(spelling(list))).toEqual(said(plain));
        // A new spelling of an old loss is no new loss.
        expect(outcomeOf({ old: plain, object: spelling(list) }).allowed).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
