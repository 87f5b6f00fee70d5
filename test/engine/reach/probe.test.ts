import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ProbeAnswer, prober } from '../../../src/engine/reach/probe.ts';
import { readProbe } from '../../../src/engine/reach/probe-reading.ts';
import { reachReport } from '../../../src/engine/reach/report.ts';
import { deployment, egress, type Given, ingress, pod, policy, settingsOf, worldOf } from './cluster.ts';
import { clusters, profiles } from './random-cluster.ts';

function ask(objects: readonly object[], probe: unknown, given: Given = {}): ProbeAnswer {
  const answer = prober(worldOf(...objects), settingsOf(given))(probe);
  if (!answer.ok) throw new Error(answer.problem);
  return answer.value;
}

function refusal(probe: unknown, objects: readonly object[] = []): string {
  const answer = prober(worldOf(...objects), settingsOf())(probe);
  return answer.ok ? `answered ${answer.value.verdict}` : answer.problem;
}

const web = pod('shop/web', { ports: [{ name: 'http', containerPort: 8080 }] });
const api = pod('shop/api');
const toWeb = { matchLabels: { app: 'web' } };

describe('a probe', () => {
  test('of a flow that rules allow names every one of them, on both sides', () => {
    const objects = [
      web,
      api,
      ingress('shop/in', [{ ports: [{ port: 443 }] }, { ports: [{ port: 80 }] }, {}], toWeb),
      ingress('shop/more', [{ from: [{ podSelector: {} }] }], toWeb),
      egress('shop/out', [{ ports: [{ port: 80 }] }]),
    ];
    expect(ask(objects, { from: 'shop/api', to: 'shop/web', protocol: 'TCP', port: 80 })).toEqual({
      given: { from: 'shop/api', to: 'shop/web', protocol: 'TCP', port: 80 },
      verdict: 'allow',
      why: undefined,
      note: undefined,
      egress: { verdict: 'allow', by: [{ object: 'shop/out', path: 'spec.egress[0]' }] },
      ingress: {
        verdict: 'allow',
        by: [
          { object: 'shop/in', path: 'spec.ingress[1]' },
          { object: 'shop/in', path: 'spec.ingress[2]' },
          { object: 'shop/more', path: 'spec.ingress[0]' },
        ],
      },
    });
  });

  test('of a flow that nothing governs names nobody', () => {
    const { verdict, egress: out, ingress: inwards } = ask([web, api], { from: 'shop/api', to: 'shop/web', port: 80 });
    expect([verdict, out, inwards]).toEqual(['allow', { verdict: 'allow', by: [] }, { verdict: 'allow', by: [] }]);
  });

  test('of a flow that isolation drops names the policies that isolate', () => {
    const objects = [web, api, ingress('shop/b', [{ ports: [{ port: 80 }] }], toWeb), policy('shop/a', {})];
    const answer = ask(objects, { from: 'shop/api', to: 'shop/web', port: 81 });
    expect([answer.verdict, answer.egress.verdict]).toEqual(['deny', 'allow']);
    expect(answer.ingress).toEqual({
      verdict: 'deny',
      by: [
        { object: 'shop/a', path: 'spec.podSelector' },
        { object: 'shop/b', path: 'spec.podSelector' },
      ],
    });
  });

  test('says why something is unknown, and which rule it hangs on', () => {
    const near = pod('shop/near', { ips: ['10.0.0.1'] });
    const objects = [
      web,
      near,
      ingress('shop/p', [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 80 }] }], toWeb),
    ];
    const answer = ask(objects, { from: 'shop/near', to: 'shop/web', port: 80 }, { enforcer: 'generic' });
    expect([answer.verdict, answer.why]).toEqual([
      'unknown',
      'enforcers do not agree whether an ipBlock matches a pod that has an address in it',
    ]);
    expect(answer.ingress.by).toEqual([{ object: 'shop/p', path: 'spec.ingress[0]' }]);
    // The doubt is about port 80 only.
    expect(ask(objects, { from: 'shop/near', to: 'shop/web', port: 81 }, { enforcer: 'generic' }).verdict).toBe('deny');
  });

  test('takes a port by the name that the destination gives it', () => {
    const objects = [web, api, ingress('shop/p', [{ ports: [{ port: 8080 }] }], toWeb)];
    expect(ask(objects, { from: 'shop/api', to: 'shop/web', port: 'http' }).verdict).toBe('allow');
    expect(refusal({ from: 'shop/api', to: 'shop/web', protocol: 'UDP', port: 'http' }, objects)).toBe(
      'The destination has no UDP port named "http".',
    );
    expect(refusal({ from: 'shop/web', to: '192.0.2.1', port: 'http' }, objects)).toBe(
      'The destination has no TCP port named "http".',
    );
  });

  test('to a name that stands for several ports is certain only where they are treated alike', () => {
    const http = (containerPort: number) => ({ name: 'http', containerPort });
    const two = pod('shop/two', { ports: [http(1), http(2)] });
    const half = [two, api, ingress('shop/p', [{ ports: [{ port: 1 }] }], { matchLabels: { app: 'two' } })];
    const question = { from: 'shop/api', to: 'shop/two', port: 'http' };
    expect(ask(half, question).verdict).toBe('unknown');
    expect(ask(half, question).why).toBe(
      'the destination has several ports of this name, and policies tell them apart',
    );
    expect(ask([two, api], question).verdict).toBe('allow');
  });

  test('of a host endpoint is unknown', () => {
    const answer = ask([web], { from: 'host:node1/eth0', to: 'shop/web', port: 80 });
    expect([answer.verdict, answer.why]).toEqual([
      'unknown',
      'Kubernetes network policy does not govern host endpoints, and nothing else is known of this one',
    ]);
  });

  test('between addresses is nobody’s to deny', () => {
    expect(ask([], { from: '192.0.2.1', to: '2001:db8::1', port: 80 }).verdict).toBe('allow');
  });

  test('says when an address is that of a pod', () => {
    const near = pod('shop/near', { ips: ['10.0.0.1'] });
    const note =
      'This is an address of shop/near[Pod]; as an address it has no labels: ask for shop/near[Pod] to have them count.';
    expect(ask([web, near], { from: '10.0.0.1', to: 'shop/web', port: 80 }).note).toBe(note);
    expect(ask([web, near], { from: 'shop/web', to: '10.0.0.1', port: 80 }).note).toBe(note);
    expect(ask([web, near], { from: '10.0.0.2', to: 'shop/web', port: 80 }).note).toBeUndefined();
  });

  test('gives back what else was written in it', () => {
    const given = JSON.parse('{"id": 7, "from": "shop/api", "to": "shop/web", "port": 80, "__proto__": {"x": 1}}');
    expect(ask([web, api], given).given).toBe(given);
  });

  test('finds a workload by its name or its id, and asks which where there are two', () => {
    const objects = [web, deployment('shop/web'), api];
    expect(refusal({ from: 'shop/api', to: 'shop/web', port: 80 }, objects)).toBe(
      '"shop/web" may be shop/web[Deployment] or shop/web[Pod]: write the one that you mean.',
    );
    expect(ask(objects, { from: 'shop/api', to: 'shop/web[Deployment]', port: 80 }).verdict).toBe('allow');
    expect(refusal({ from: 'shop/nope', to: 'shop/web', port: 80 }, objects)).toBe(
      'There is no running pod or workload "shop/nope"; `sekisho reach` lists the endpoints that there are.',
    );
  });
});

describe('reading a probe', () => {
  const ends = { from: 'a/b', to: 'c/d' };
  const ending = 'write namespace/pod, a workload, host:node/interface or an address.';

  test.each<[unknown, string]>([
    [null, 'A probe is an object such as {"from": "shop/web", "to": "shop/db", "port": 5432}, not null.'],
    [[], 'A probe is an object such as {"from": "shop/web", "to": "shop/db", "port": 5432}, not a list.'],
    ['x', 'A probe is an object such as {"from": "shop/web", "to": "shop/db", "port": 5432}, not a string.'],
    [{}, `"from" is missing: ${ending}`],
    [{ from: '' }, `"from" is empty: ${ending}`],
    [{ from: {} }, `"from" is an object: ${ending}`],
    [{ from: 'a/b', to: null }, `"to" is null: ${ending}`],
    [{ from: 'a/b', to: 'web' }, '"to" is "web", which is no address; write a pod or workload as namespace/name.'],
    [
      { from: '010.0.0.1', to: 'a/b' },
      '"from" is "010.0.0.1", which is no address; write a pod or workload as namespace/name.',
    ],
    [{ ...ends }, '"port" is missing: a TCP probe needs the destination\'s port, as a number or a name.'],
    [{ ...ends, port: 0 }, '"port" is 0: write a number from 1 to 65535, or the name of a port.'],
    [{ ...ends, port: 65536 }, '"port" is 65536: write a number from 1 to 65535, or the name of a port.'],
    [{ ...ends, port: 1.5 }, '"port" is 1.5: write a number from 1 to 65535, or the name of a port.'],
    [{ ...ends, port: '' }, '"port" is "": write a number from 1 to 65535, or the name of a port.'],
    [{ ...ends, port: ['80'] }, '"port" is a list: write a number from 1 to 65535, or the name of a port.'],
    [
      { ...ends, port: 80, protocol: 'TPC' },
      '"protocol" is "TPC": write TCP, UDP, SCTP, ICMP, ICMPv6 or an IP protocol number from 0 to 255.',
    ],
    [
      { ...ends, port: 80, protocol: 256 },
      '"protocol" is 256: write TCP, UDP, SCTP, ICMP, ICMPv6 or an IP protocol number from 0 to 255.',
    ],
    [{ ...ends, port: 8, protocol: 'ICMP' }, '"port" is 8, but protocol ICMP has no ports.'],
    [{ ...ends, port: 8, protocol: 47 }, '"port" is 8, but protocol 47 has no ports.'],
  ])('%j', (probe, problem) => {
    expect(readProbe(probe)).toEqual({ ok: false, problem });
  });

  test.each<[object, number, number | string | undefined]>([
    [{ port: 80 }, 6, 80],
    [{ port: '80' }, 6, 80],
    [{ port: 'http' }, 6, 'http'],
    [{ port: 53, protocol: 'udp' }, 17, 53],
    [{ port: 53, protocol: 17 }, 17, 53],
    [{ port: 53, protocol: '17' }, 17, 53],
    [{ protocol: 'ICMPv6' }, 58, undefined],
    [{ protocol: 'ICMP', port: null }, 1, undefined],
    [{ protocol: 47 }, 47, undefined],
  ])('%j', (parts, protocol, port) => {
    expect(readProbe({ ...ends, ...parts })).toMatchObject({ ok: true, value: { protocol, port } });
  });

  test('answers whatever it is given', () => {
    const answer = prober(worldOf(web, api), settingsOf());
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything({ withNullPrototype: true }),
          fc.record({ from: fc.anything(), to: fc.anything(), port: fc.anything() }),
        ),
        (value) => {
          const reply = answer(value);
          expect(reply.ok ? reply.value.verdict : reply.problem).toMatch(/.+/);
          if (!reply.ok) expect(reply.problem).toMatch(/^[^\n]+\.$/);
        },
      ),
    );
  });
});

test('probes and the report agree', () => {
  fc.assert(
    fc.property(clusters, profiles, (objects, enforcer) => {
      const world = worldOf(...objects);
      const given = settingsOf({ enforcer });
      const report = reachReport(world, given);
      const answer = prober(world, given);
      const endOf = (id: string) => (id.includes('/') ? id : (id.split('-')[0] ?? ''));
      for (const from of report.endpoints) {
        for (const to of report.endpoints) {
          if (from.id === to.id || (from.kind === 'Addresses' && to.kind === 'Addresses')) continue;
          const isPair = (one: { from: string; to: string }) => one.from === from.id && one.to === to.id;
          const connection = report.connections.find(isPair);
          for (const port of [1, 2, 4, 9]) {
            const reply = answer({ from: endOf(from.id), to: endOf(to.id), port });
            const verdict = reply.ok ? reply.value.verdict : reply.problem;
            const listed =
              connection !== undefined &&
              (connection.all ||
                connection.TCP.some((text) =>
                  text
                    .split('-')
                    .map(Number)
                    .some((_, index, [first = 0, last = first]) => index === 0 && first <= port && port <= last),
                ));
            expect(verdict === 'allow').toBe(listed);
            if (verdict === 'unknown') expect(report.unknown.some(isPair)).toBe(true);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});
