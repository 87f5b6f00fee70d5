import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowsEveryPort,
  allTraffic,
  containsTraffic,
  destinationPorts,
  equalTraffic,
  hasFlow,
  icmpTraffic,
  intersectTraffic,
  isAllTraffic,
  isNoTraffic,
  namedPorts,
  namedPortTraffic,
  noTraffic,
  portCount,
  portTraffic,
  protocolName,
  protocolNumber,
  protocolsOf,
  protocolTraffic,
  resolveNamedPorts,
  someFlow,
  subtractTraffic,
  type Traffic,
  type TrafficFlow,
  trafficKey,
  unionAllTraffic,
  unionTraffic,
  withoutNamedPorts,
  withSourcePorts,
} from '../../../src/engine/sets/traffic.ts';
import { keepsTheLaws } from './laws.ts';

const [ICMP, TCP, UDP, GRE, ICMPv6, SCTP, UDPLite] = [1, 6, 17, 47, 58, 132, 136] as const;

const port = fc.constantFrom(0, 1, 2, 80, 81, 443, 65_534, 65_535);
const ports = fc.tuple(port, port).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const ported = fc.constantFrom(TCP, UDP);
const byte = fc.constantFrom(0, 3, 8, 255);

/** A set together with an independent account of what is in it. */
interface Told {
  readonly traffic: Traffic;
  readonly has: (flow: TrafficFlow) => boolean;
}

const plain: fc.Arbitrary<Told> = fc.constantFrom<Told>(
  { traffic: noTraffic, has: () => false },
  ...[TCP, ICMP, GRE].map((number) => ({
    traffic: protocolTraffic(number),
    has: (flow: TrafficFlow) => flow.protocol === number,
  })),
);

const withPorts: fc.Arbitrary<Told> = fc.tuple(ported, ports).map(([protocol, [first, last]]) => ({
  traffic: portTraffic(protocol, first, last),
  has: (flow) => flow.protocol === protocol && flow.port! >= first && flow.port! <= last,
}));

const icmp: fc.Arbitrary<Told> = fc
  .tuple(fc.constantFrom(ICMP, ICMPv6), byte, fc.option(byte, { nil: undefined }))
  .map(([protocol, type, code]) => ({
    traffic: icmpTraffic(protocol, type, code),
    has: (flow) =>
      flow.protocol === protocol && flow.icmpType === type && (code === undefined || flow.icmpCode === code),
  }));

const leaf: fc.Arbitrary<Told> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ traffic: allTraffic, has: () => true }) },
  { weight: 4, arbitrary: plain },
  { weight: 8, arbitrary: withPorts },
  { weight: 4, arbitrary: icmp },
);

const sourced: fc.Arbitrary<Told> = fc.tuple(leaf, ports).map(([a, [first, last]]) => ({
  traffic: withSourcePorts(a.traffic, [[first, last]]),
  has: (flow) => a.has(flow) && flow.sourcePort! >= first && flow.sourcePort! <= last,
}));

const several: fc.Arbitrary<Told> = fc
  .array(fc.oneof(leaf, { weight: 2, arbitrary: sourced }), { minLength: 1, maxLength: 6 })
  .map((parts) => ({
    traffic: unionAllTraffic(parts.map(({ traffic }) => traffic)),
    has: (flow) => parts.some((part) => part.has(flow)),
  }));

const told: fc.Arbitrary<Told> = fc.oneof(
  { weight: 3, arbitrary: several },
  fc.tuple(several, several).map(([a, b]) => ({
    traffic: intersectTraffic(a.traffic, b.traffic),
    has: (flow: TrafficFlow) => a.has(flow) && b.has(flow),
  })),
  fc.tuple(several, several, several).map(([a, b, c]) => ({
    traffic: unionTraffic(subtractTraffic(a.traffic, b.traffic), c.traffic),
    has: (flow: TrafficFlow) => (a.has(flow) && !b.has(flow)) || c.has(flow),
  })),
  fc.tuple(several, several).map(([a, b]) => ({
    traffic: subtractTraffic(a.traffic, b.traffic),
    has: (flow: TrafficFlow) => a.has(flow) && !b.has(flow),
  })),
);

const somePorts = [1, 2, 3, 79, 80, 81, 82, 443, 444, 65_533, 65_534, 65_535];
const someBytes = [0, 1, 3, 4, 8, 255];
const flows: readonly TrafficFlow[] = [
  ...[TCP, UDP, SCTP, UDPLite].flatMap((protocol) =>
    somePorts.flatMap((number) => somePorts.map((sourcePort) => ({ protocol, port: number, sourcePort }))),
  ),
  ...[ICMP, ICMPv6].flatMap((protocol) =>
    someBytes.flatMap((icmpType) => someBytes.map((icmpCode) => ({ protocol, icmpType, icmpCode }))),
  ),
  ...[0, 2, GRE, 255].map((protocol) => ({ protocol })),
];

const algebra = {
  none: noTraffic,
  union: unionTraffic,
  intersect: intersectTraffic,
  subtract: subtractTraffic,
  contains: containsTraffic,
  equal: equalTraffic,
  key: trafficKey,
};

describe('traffic without named ports', () => {
  keepsTheLaws({ ...algebra, arbitrary: told.map(({ traffic }) => traffic), runs: 300 });

  it('has the flows that a naive reading says it has', () => {
    fc.assert(
      fc.property(told, ({ traffic, has }) => {
        for (const flow of flows)
          if (hasFlow(traffic, flow) !== has(flow)) expect([flow, has(flow)]).toBe(hasFlow(traffic, flow));
      }),
      { numRuns: 400 },
    );
  });

  it('tells all and nothing by identity', () => {
    fc.assert(
      fc.property(told, ({ traffic }) => {
        expect(unionTraffic(traffic, subtractTraffic(allTraffic, traffic))).toBe(allTraffic);
        expect(intersectTraffic(traffic, subtractTraffic(allTraffic, traffic))).toBe(noTraffic);
        expect(isNoTraffic(traffic)).toBe(traffic === noTraffic);
        expect(isAllTraffic(traffic)).toBe(containsTraffic(traffic, allTraffic));
      }),
    );
  });

  it('has a witness that is in it', () => {
    fc.assert(
      fc.property(told, ({ traffic, has }) => {
        const flow = someFlow(traffic);
        expect(flow === undefined).toBe(isNoTraffic(traffic));
        if (flow !== undefined) expect(hasFlow(traffic, flow)).toBe(true);
        if (flow?.port === undefined) return;
        // Where no source port is given, every one must do.
        for (const sourcePort of somePorts) {
          if (flow.sourcePort === undefined) expect(has({ ...flow, sourcePort })).toBe(true);
        }
      }),
    );
  });
});

const name = fc.constantFrom('http', 'metrics', 'dns');
const namedLeaf = fc.tuple(ported, name).map(([protocol, text]) => namedPortTraffic(protocol, text));
const named: fc.Arbitrary<Traffic> = fc
  .tuple(
    fc.array(
      fc.oneof(
        namedLeaf,
        fc.tuple(namedLeaf, ports).map(([a, one]) => withSourcePorts(a, [one])),
      ),
      { maxLength: 4 },
    ),
    told,
  )
  .map(([names, { traffic }]) => unionAllTraffic([...names, traffic]));

/** What the names stand for on some pod. */
const table = fc.record({
  http: fc.subarray([80, 443]),
  metrics: fc.subarray([1, 81, 65_535]),
  dns: fc.constant<number[]>([]),
});

describe('traffic with named ports', () => {
  it('is exact in unions, never too large in intersections and never too small in differences', () => {
    fc.assert(
      fc.property(named, named, table, (a, b, numbers) => {
        const resolve = (traffic: Traffic) =>
          resolveNamedPorts(traffic, (_, text) => numbers[text as keyof typeof numbers]);
        const [x, y] = [resolve(a), resolve(b)];
        expect(resolve(unionTraffic(a, b))).toEqual(unionTraffic(x, y));
        expect(containsTraffic(intersectTraffic(x, y), resolve(intersectTraffic(a, b)))).toBe(true);
        expect(containsTraffic(resolve(subtractTraffic(a, b)), subtractTraffic(x, y))).toBe(true);
        if (containsTraffic(a, b)) expect(containsTraffic(x, y)).toBe(true);
        if (equalTraffic(a, b)) expect(x).toEqual(y);
      }),
      { numRuns: 400 },
    );
  });

  it('is canonical: containment both ways is equality, of values and of keys', () => {
    fc.assert(
      fc.property(named, named, fc.boolean(), (a, b, reorder) => {
        const other = reorder ? unionTraffic(b, a) : b;
        const one = reorder ? unionTraffic(a, b) : a;
        const mutual = containsTraffic(one, other) && containsTraffic(other, one);
        expect(equalTraffic(one, other)).toBe(mutual);
        expect(trafficKey(one) === trafficKey(other)).toBe(mutual);
        if (mutual) expect(one).toEqual(other);
        else expect(one).not.toEqual(other);
      }),
    );
  });

  it('keeps a set whole when split and joined', () => {
    fc.assert(
      fc.property(named, named, (a, b) => {
        expect(unionTraffic(a, unionTraffic(intersectTraffic(a, b), subtractTraffic(a, b)))).toEqual(a);
        expect(subtractTraffic(a, a)).toBe(noTraffic);
        expect(intersectTraffic(a, a)).toEqual(a);
      }),
    );
  });

  const http = namedPortTraffic(TCP, 'http');
  const some = portTraffic(TCP, 80, 80);
  const every = protocolTraffic(TCP);

  it('takes a name for one of every port of its protocol', () => {
    expect(containsTraffic(every, http)).toBe(true);
    expect(intersectTraffic(http, every)).toEqual(http);
    expect(intersectTraffic(every, http)).toEqual(http);
    expect(unionTraffic(http, every)).toEqual(every);
    expect(unionAllTraffic([http, portTraffic(TCP, 1, 100), portTraffic(TCP, 101, 65_535)])).toEqual(every);
    expect(subtractTraffic(http, every)).toBe(noTraffic);
    expect(containsTraffic(protocolTraffic(UDP), http)).toBe(false);
  });

  it('cannot tell a name from some ports', () => {
    expect(containsTraffic(some, http)).toBe(false);
    expect(containsTraffic(http, some)).toBe(false);
    expect(intersectTraffic(http, some)).toBe(noTraffic);
    expect(subtractTraffic(http, some)).toEqual(http);
    expect(subtractTraffic(some, http)).toEqual(some);
    expect(subtractTraffic(every, http)).toEqual(every);
  });

  it('keeps names of different protocols and texts apart', () => {
    expect(equalTraffic(http, namedPortTraffic(UDP, 'http'))).toBe(false);
    expect(isNoTraffic(intersectTraffic(http, namedPortTraffic(TCP, 'https')))).toBe(true);
    const both = unionTraffic(namedPortTraffic(UDP, 'a'), unionTraffic(http, namedPortTraffic(TCP, 'a')));
    expect(namedPorts(both)).toEqual([
      { protocol: TCP, name: 'a' },
      { protocol: TCP, name: 'http' },
      { protocol: UDP, name: 'a' },
    ]);
  });

  it('keeps a name only for the source ports that do not have every port anyway', () => {
    const low = withSourcePorts(every, [[1, 1023]]);
    const both = unionTraffic(http, low);
    expect(equalTraffic(both, unionTraffic(low, withSourcePorts(http, [[1024, 65_535]])))).toBe(true);
    expect(hasFlow(both, { protocol: TCP, name: 'http', sourcePort: 5000 })).toBe(true);
    expect(hasFlow(withSourcePorts(both, [[1, 10]]), { protocol: TCP, port: 7, sourcePort: 5 })).toBe(true);
  });

  it('resolves a name to its numbers, for each protocol by itself', () => {
    const both = unionTraffic(http, namedPortTraffic(UDP, 'http'));
    const resolved = resolveNamedPorts(both, (protocol, text) =>
      protocol === TCP && text === 'http' ? [8080, 80, 0, 70_000, 1.5, Number.NaN] : [],
    );
    expect(resolved).toEqual(unionTraffic(portTraffic(TCP, 80, 80), portTraffic(TCP, 8080, 8080)));
    expect(withoutNamedPorts(unionTraffic(both, some))).toEqual(some);
    expect(withoutNamedPorts(http)).toBe(noTraffic);
    expect(resolveNamedPorts(some, () => [1])).toBe(some);
  });

  it('takes any text for a name', () => {
    const odd = unionAllTraffic(['__proto__', '', 'a"<b', 'constructor'].map((text) => namedPortTraffic(TCP, text)));
    expect(namedPorts(odd).map((one) => one.name)).toEqual(['', '__proto__', 'a"<b', 'constructor']);
  });
});

describe('traffic', () => {
  it('of ports 1 to 65535 is all of a protocol, and port 0 is no port', () => {
    for (const protocol of [TCP, UDP, SCTP, UDPLite]) {
      expect(portTraffic(protocol, 1, 65_535)).toEqual(protocolTraffic(protocol));
      expect(portTraffic(protocol, 0, 65_535)).toEqual(protocolTraffic(protocol));
      expect(portTraffic(protocol, 0, 0)).toBe(noTraffic);
      expect(portCount(protocolTraffic(protocol), protocol)).toBe(65_535);
    }
    expect(hasFlow(allTraffic, { protocol: TCP, port: 0 })).toBe(false);
  });

  it.each([
    ['of a protocol that is none', () => protocolTraffic(256)],
    ['of a negative protocol', () => protocolTraffic(-1)],
    ['of half a protocol', () => protocolTraffic(1.5)],
    ['of ports in reverse', () => portTraffic(TCP, 81, 80)],
    ['of ports beyond the last', () => portTraffic(TCP, 65_536, 70_000)],
    ['of half a port', () => portTraffic(TCP, 80.5, 81)],
    ['of what is no number', () => portTraffic(TCP, Number.NaN, Number.NaN)],
    ['of ports of GRE', () => portTraffic(GRE, 1, 10)],
    ['of ports of ICMP', () => portTraffic(ICMP, 1, 10)],
    ['of a named port of ICMP', () => namedPortTraffic(ICMP, 'http')],
    ['of ICMP types of TCP', () => icmpTraffic(TCP, 8)],
    ['of an ICMP type beyond the last', () => icmpTraffic(ICMP, 256)],
    ['of an ICMP code beyond the last', () => icmpTraffic(ICMP, 3, 256)],
    ['from no source port', () => withSourcePorts(allTraffic, [])],
    ['from source port 0', () => withSourcePorts(allTraffic, [[0, 0]])],
    ['from source ports of a protocol without ports', () => withSourcePorts(protocolTraffic(GRE), [[1, 65_535]])],
  ])('is nothing: %s', (_, make) => {
    expect(make()).toBe(noTraffic);
  });

  it('is everything when every protocol is in', () => {
    const protocols = Array.from({ length: 256 }, (_, number) => protocolTraffic(number));
    expect(unionAllTraffic(protocols)).toBe(allTraffic);
    expect(isAllTraffic(unionAllTraffic(protocols.slice(1)))).toBe(false);
    expect(protocolsOf(allTraffic)).toEqual(Array.from({ length: 256 }, (_, number) => number));
  });

  it('merges destinations with the same source ports, whatever order they come in', () => {
    const parts = [
      withSourcePorts(portTraffic(TCP, 80, 90), [[1, 100]]),
      withSourcePorts(portTraffic(TCP, 91, 95), [
        [1, 50],
        [51, 100],
      ]),
      withSourcePorts(portTraffic(TCP, 85, 85), [[90, 200]]),
      withSourcePorts(portTraffic(TCP, 85, 85), [[1, 200]]),
    ];
    expect(unionAllTraffic(parts)).toEqual(unionAllTraffic(parts.toReversed()));
    expect(trafficKey(unionAllTraffic(parts))).toBe(';6:80-84,86-95<1-100/85<1-200');
  });

  it('tells destination ports, of any source port, and whether every one is open from everywhere', () => {
    const fromLow = withSourcePorts(protocolTraffic(TCP), [[1, 1023]]);
    const both = unionTraffic(fromLow, portTraffic(UDP, 53, 53));
    expect(destinationPorts(both, TCP)).toEqual([[1, 65_535]]);
    expect(portCount(both, UDP)).toBe(1);
    expect(allowsEveryPort(both, TCP)).toBe(false);
    expect(allowsEveryPort(unionTraffic(both, withSourcePorts(protocolTraffic(TCP), [[1000, 65_535]])), TCP)).toBe(
      true,
    );
    expect(allowsEveryPort(both, UDP)).toBe(false);
    expect(allowsEveryPort(protocolTraffic(GRE), GRE)).toBe(true);
    expect(allowsEveryPort(protocolTraffic(ICMP), ICMP)).toBe(true);
    expect(allowsEveryPort(icmpTraffic(ICMP, 8), ICMP)).toBe(false);
    expect(destinationPorts(both, SCTP)).toEqual([]);
    expect(destinationPorts(icmpTraffic(ICMP, 3, 4), ICMP)).toEqual([[772, 772]]);
  });

  it('is asked about flows with parts left open', () => {
    const traffic = unionAllTraffic([
      withSourcePorts(portTraffic(TCP, 80, 80), [[1, 100]]),
      namedPortTraffic(UDP, 'dns'),
      icmpTraffic(ICMP, 3, 4),
    ]);
    expect(hasFlow(traffic, { protocol: TCP })).toBe(true);
    expect(hasFlow(traffic, { protocol: TCP, port: 80 })).toBe(true);
    expect(hasFlow(traffic, { protocol: TCP, port: 80, sourcePort: 101 })).toBe(false);
    expect(hasFlow(traffic, { protocol: TCP, sourcePort: 101 })).toBe(false);
    expect(hasFlow(traffic, { protocol: UDP })).toBe(true);
    expect(hasFlow(traffic, { protocol: UDP, name: 'dns' })).toBe(true);
    expect(hasFlow(traffic, { protocol: UDP, name: 'http' })).toBe(false);
    expect(hasFlow(traffic, { protocol: UDP, port: 53 })).toBe(false);
    expect(hasFlow(traffic, { protocol: ICMP })).toBe(true);
    expect(hasFlow(traffic, { protocol: ICMP, icmpType: 3 })).toBe(true);
    expect(hasFlow(traffic, { protocol: ICMP, icmpType: 3, icmpCode: 5 })).toBe(false);
    expect(hasFlow(traffic, { protocol: ICMPv6 })).toBe(false);
    expect(hasFlow(protocolTraffic(TCP), { protocol: TCP, name: 'http' })).toBe(true);
    expect(hasFlow(portTraffic(TCP, 1, 100), { protocol: TCP, name: 'http' })).toBe(false);
  });

  it.each<[string, Traffic, TrafficFlow | undefined]>([
    ['nothing', noTraffic, undefined],
    ['everything', allTraffic, { protocol: TCP, port: 80 }],
    ['its lowest port', portTraffic(TCP, 1000, 2000), { protocol: TCP, port: 1000 }],
    ['443', unionTraffic(portTraffic(TCP, 10, 10), portTraffic(TCP, 443, 443)), { protocol: TCP, port: 443 }],
    ['TCP first', unionTraffic(protocolTraffic(UDP), portTraffic(TCP, 9, 9)), { protocol: TCP, port: 9 }],
    ['a name', unionTraffic(protocolTraffic(UDP), namedPortTraffic(TCP, 'web')), { protocol: TCP, name: 'web' }],
    ['a source', withSourcePorts(portTraffic(TCP, 22, 22), [[7, 9]]), { protocol: TCP, port: 22, sourcePort: 7 }],
    [
      'a source that port 80 takes',
      unionTraffic(
        withSourcePorts(portTraffic(TCP, 1, 70), [[1, 5]]),
        withSourcePorts(portTraffic(TCP, 80, 90), [[7, 9]]),
      ),
      { protocol: TCP, port: 80, sourcePort: 7 },
    ],
    ['ICMP', icmpTraffic(ICMP, 3, 4), { protocol: ICMP, icmpType: 3, icmpCode: 4 }],
    ['a number', protocolTraffic(GRE), { protocol: GRE }],
  ])('has one witness: %s', (_, traffic, flow) => {
    expect(someFlow(traffic)).toEqual(flow);
  });

  it('takes every port by itself, and thousands of names', () => {
    const single = Array.from({ length: 20_000 }, (_, n) =>
      portTraffic(TCP, ((n * 7919) % 20_000) + 1, ((n * 7919) % 20_000) + 1),
    );
    expect(unionAllTraffic(single)).toEqual(portTraffic(TCP, 1, 20_000));
    expect(portCount(unionAllTraffic(single.slice(1)), TCP)).toBe(19_999);
    const names = Array.from({ length: 10_000 }, (_, n) => namedPortTraffic(TCP, `p${n}`));
    expect(namedPorts(unionAllTraffic(names))).toHaveLength(10_000);
  });
});

describe('protocols', () => {
  it.each([
    ['TCP', TCP],
    ['UDP', UDP],
    ['SCTP', SCTP],
    ['ICMP', ICMP],
    ['ICMPv6', ICMPv6],
    ['UDPLite', UDPLite],
  ])('%s is %i', (text, number) => {
    expect(protocolNumber(text)).toBe(number);
    expect(protocolNumber(text.toLowerCase())).toBe(number);
    expect(protocolName(number)).toBe(text);
  });

  it('of other names and numbers have none', () => {
    for (const text of ['', 'GRE', ' TCP', '6', '__proto__', 'constructor'])
      expect(protocolNumber(text)).toBeUndefined();
    expect(protocolName(47)).toBe('47');
  });
});
