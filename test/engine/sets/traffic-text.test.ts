import { describe, expect, it } from 'vitest';
import {
  allTraffic,
  formatTraffic,
  icmpTraffic,
  namedPortTraffic,
  noTraffic,
  portTraffic,
  protocolTraffic,
  subtractTraffic,
  type Traffic,
  unionAllTraffic,
  withSourcePorts,
} from '../../../src/engine/sets/traffic.ts';

const [ICMP, TCP, UDP, ICMPv6, SCTP] = [1, 6, 17, 58, 132] as const;

describe('formatTraffic', () => {
  it.each<[string, readonly Traffic[]]>([
    ['nothing', [noTraffic]],
    ['everything', [allTraffic]],
    ['TCP 80, 8000-8010; UDP 53', [portTraffic(UDP, 53, 53), portTraffic(TCP, 8000, 8010), portTraffic(TCP, 80, 80)]],
    ['all ports of TCP', [protocolTraffic(TCP)]],
    ['all ports of TCP; all ports of UDP; all ports of SCTP', [TCP, UDP, SCTP].map(protocolTraffic)],
    ['everything but TCP 22', [subtractTraffic(allTraffic, portTraffic(TCP, 22, 22))]],
    [
      'everything but all ports of TCP; ICMP',
      [subtractTraffic(allTraffic, unionAllTraffic([protocolTraffic(TCP), icmpTraffic(ICMP)]))],
    ],
    [
      'TCP 80, http, metrics',
      [namedPortTraffic(TCP, 'metrics'), namedPortTraffic(TCP, 'http'), portTraffic(TCP, 80, 80)],
    ],
    ['UDP dns', [namedPortTraffic(UDP, 'dns')]],
    ['TCP 80 from source ports 1024-65535', [withSourcePorts(portTraffic(TCP, 80, 80), [[1024, 65_535]])]],
    [
      'UDP 53, dns from source port 53',
      [withSourcePorts(unionAllTraffic([portTraffic(UDP, 53, 53), namedPortTraffic(UDP, 'dns')]), [[53, 53]])],
    ],
    [
      'all ports of TCP from source ports 1-10, 20',
      [
        withSourcePorts(protocolTraffic(TCP), [
          [1, 10],
          [20, 20],
        ]),
      ],
    ],
    [
      'TCP 22; TCP 80 from source port 7',
      [portTraffic(TCP, 22, 22), withSourcePorts(portTraffic(TCP, 80, 80), [[7, 7]])],
    ],
    ['ICMP; ICMPv6', [icmpTraffic(ICMP), icmpTraffic(ICMPv6)]],
    ['ICMP type 8', [icmpTraffic(ICMP, 8)]],
    [
      'ICMP type 3 code 4, types 8-10',
      [icmpTraffic(ICMP, 3, 4), icmpTraffic(ICMP, 8), icmpTraffic(ICMP, 9), icmpTraffic(ICMP, 10)],
    ],
    [
      'ICMP types 0-7, type 8 code 0, type 8 codes 2-255, types 9-255',
      [subtractTraffic(icmpTraffic(ICMP), icmpTraffic(ICMP, 8, 1))],
    ],
    ['ICMP type 255 code 255', [icmpTraffic(ICMP, 255, 255)]],
    ['protocol 47', [protocolTraffic(47)]],
    ['protocols 47, 50-51', [protocolTraffic(50), protocolTraffic(47), protocolTraffic(51)]],
    [
      'TCP http; all ports of UDP; all ports of SCTP; all ports of UDPLite; ICMP; ICMPv6; every protocol without ports',
      [subtractTraffic(allTraffic, protocolTraffic(TCP)), namedPortTraffic(TCP, 'http')],
    ],
  ])('%s', (text, sets) => {
    expect(formatTraffic(unionAllTraffic(sets))).toBe(text);
  });
});
