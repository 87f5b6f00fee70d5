import { describe, expect, it } from 'vitest';
import { readNetworkPolicy } from '../../../src/engine/dialects/kubernetes/network-policy.ts';
import { endpointKind, namespaceName } from '../../../src/engine/model/attributes.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { type Peer, type Policy, unwritten } from '../../../src/engine/model/policy.ts';
import { type AddressSet, everyAddress, noAddresses, unionAllAddresses } from '../../../src/engine/sets/addresses.ts';
import { readCidr } from '../../../src/engine/sets/cidr.ts';
import { emptyBox, everyLabels, intersectBoxes, type LabelBox, labelIn } from '../../../src/engine/sets/labels.ts';
import {
  allTraffic,
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
import { addressesText } from '../../../src/engine/words/addresses.ts';
import { boxText, isNoEndpoint } from '../../../src/engine/words/box.ts';
import { isNobody, peerText } from '../../../src/engine/words/peer.ts';
import { subjectText } from '../../../src/engine/words/subject.ts';
import { trafficText } from '../../../src/engine/words/traffic.ts';

function addresses(...cidrs: readonly string[]): AddressSet {
  return unionAllAddresses(
    cidrs.map((cidr) => {
      const reading = readCidr(cidr);
      if (!reading.ok) throw new Error(cidr);
      return reading.addresses;
    }),
  );
}

function policyFrom(peer: unknown, podSelector: unknown = {}): Policy {
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'shop' },
    spec: { podSelector, ingress: [peer === undefined ? {} : { from: [peer] }] },
  };
  return readNetworkPolicy(object, refOf(object));
}

function peerOf(peer: unknown): Peer {
  const [first] = policyFrom(peer).ingress.rules[0]?.peers ?? [];
  if (first === undefined) throw new Error('one peer was written');
  return first;
}

const both = <T>(say: (value: T, language: 'en' | 'ja') => string, value: T) => [say(value, 'en'), say(value, 'ja')];
const expression = (key: string, operator: string, ...values: readonly string[]) => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }],
});
const web = { matchLabels: { app: 'web' } };

describe('addressesText', () => {
  const most = [
    '10.0.0.0/10',
    '10.64.0.0/11',
    '10.96.0.0/12',
    '10.112.0.0/13',
    '10.120.0.0/14',
    '10.124.0.0/15',
    '10.126.0.0/16',
  ];

  it.each([
    [noAddresses, 'no address', 'アドレスなし'],
    [everyAddress, 'every address', 'すべてのアドレス'],
    [addresses('0.0.0.0/0'), 'all 4,294,967,296 IPv4 addresses', '4,294,967,296 個すべての IPv4 アドレス'],
    [
      addresses('0.0.0.0/1', '128.0.0.0/1'),
      'all 4,294,967,296 IPv4 addresses',
      '4,294,967,296 個すべての IPv4 アドレス',
    ],
    [addresses('::/0'), 'every IPv6 address', 'すべての IPv6 アドレス'],
    [addresses('::/0', '192.0.2.1/32'), '192.0.2.1 and every IPv6 address', '192.0.2.1 とすべての IPv6 アドレス'],
    [addresses('10.0.0.0/8'), '10.0.0.0/8', '10.0.0.0/8'],
    [addresses('2001:db8::1/128'), '2001:db8::1', '2001:db8::1'],
    [addresses('10.0.0.0/8', '192.0.2.0/24'), '10.0.0.0/8 and 192.0.2.0/24', '10.0.0.0/8 と 192.0.2.0/24'],
    [addresses(...most), '10.0.0.0/9 without 10.127.0.0/16', '10.0.0.0/9(10.127.0.0/16 を除く)'],
    [
      addresses('192.0.2.1/32', '192.0.2.3/32', '192.0.2.5/32', '192.0.2.7/32', '192.0.2.9/32'),
      '192.0.2.1, 192.0.2.3, 192.0.2.5 and 2 more',
      '192.0.2.1、192.0.2.3、192.0.2.5 など、ほか 2 件',
    ],
  ])('%#: %2$s', (set, en, ja) => expect(both(addressesText, set)).toEqual([en, ja]));

  it('tells the holes of the whole of IPv4', () => {
    const peer = peerOf({ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '192.168.0.0/16'] } });
    expect(peerText(peer, 'shop', 'en')).toBe('all 4,294,967,296 IPv4 addresses without 10.0.0.0/8 and 192.168.0.0/16');
  });
});

describe('trafficText', () => {
  const [tcp, udp] = [6, 17];
  it.each<[Traffic, string, string]>([
    [allTraffic, 'everything', 'すべての通信'],
    [noTraffic, 'nothing', '通信なし'],
    [protocolTraffic(tcp), 'every port of TCP', 'TCP のすべてのポート'],
    [portTraffic(tcp, 1, 65535), 'every port of TCP', 'TCP のすべてのポート'],
    [portTraffic(tcp, 80, 80), 'TCP 80', 'TCP 80'],
    [unionAllTraffic([portTraffic(tcp, 443, 443), portTraffic(tcp, 80, 80)]), 'TCP 80 and 443', 'TCP 80 と 443'],
    [unionAllTraffic([portTraffic(udp, 53, 53), portTraffic(tcp, 53, 53)]), 'TCP 53 and UDP 53', 'TCP 53 と UDP 53'],
    [
      unionAllTraffic([portTraffic(udp, 53, 53), portTraffic(tcp, 80, 80), portTraffic(tcp, 8000, 8010)]),
      'TCP 80 and 8000-8010, and UDP 53',
      'TCP 80 と 8000-8010、UDP 53',
    ],
    [namedPortTraffic(tcp, 'http'), 'TCP port http', 'TCP のポート http'],
    [
      unionAllTraffic([namedPortTraffic(tcp, 'http'), portTraffic(tcp, 80, 80)]),
      'TCP 80 and port http',
      'TCP 80 とポート http',
    ],
    [icmpTraffic(1), 'ICMP', 'ICMP'],
    [icmpTraffic(1, 8), 'ICMP type 8', 'ICMP type 8'],
    [protocolTraffic(47), 'protocol 47', 'プロトコル 47'],
    [
      subtractTraffic(allTraffic, protocolTraffic(tcp)),
      'everything but every port of TCP',
      'TCP のすべてのポート以外のすべての通信',
    ],
    [
      withSourcePorts(portTraffic(tcp, 80, 80), [[1, 9]]),
      'TCP 80 from source ports 1-9',
      'TCP 80 from source ports 1-9',
    ],
  ])('%#: %2$s', (traffic, en, ja) => expect(both(trafficText, traffic)).toEqual([en, ja]));

  it('says six ports and how many more', () => {
    const many = unionAllTraffic(Array.from({ length: 12 }, (_, i) => portTraffic(tcp, 10 * i + 1, 10 * i + 1)));
    expect(trafficText(many, 'en')).toBe('TCP 1, 11, 21, 31, 41, 51 and 6 more');
  });
});

describe('peerText', () => {
  it.each([
    [undefined, 'everyone', 'すべての相手'],
    [{ podSelector: {} }, 'every pod of this namespace', 'この namespace のすべての Pod'],
    [{ podSelector: web }, 'pods app=web of this namespace', 'この namespace の app=web の Pod'],
    [{ namespaceSelector: {} }, 'every pod of every namespace', 'すべての namespace のすべての Pod'],
    [
      { namespaceSelector: {}, podSelector: web },
      'pods app=web of every namespace',
      'すべての namespace の app=web の Pod',
    ],
    [
      { namespaceSelector: expression('kubernetes.io/metadata.name', 'In', 'bank') },
      'every pod of namespace bank',
      'namespace bank のすべての Pod',
    ],
    [
      { namespaceSelector: expression('kubernetes.io/metadata.name', 'In', 'b', 'a') },
      'every pod of namespaces a and b',
      'namespace a と b のすべての Pod',
    ],
    [
      { namespaceSelector: expression('kubernetes.io/metadata.name', 'NotIn', 'kube-system') },
      'every pod of every namespace but kube-system',
      'kube-system 以外のすべての namespace のすべての Pod',
    ],
    [
      { namespaceSelector: { matchLabels: { team: 'a' } } },
      'every pod of namespaces team=a',
      'team=a の namespace のすべての Pod',
    ],
    [
      { namespaceSelector: expression('team', 'Exists'), podSelector: expression('old', 'DoesNotExist') },
      'pods without label old of namespaces with label team',
      'ラベル team がある namespace のラベル old がない Pod',
    ],
    [
      { podSelector: expression('app', 'In', 'a', 'b', 'c', 'd', 'e', 'f', 'g') },
      'pods app in (a,b,c,d,e, and 2 more) of this namespace',
      'この namespace の app in (a,b,c,d,e, ほか 2 個) の Pod',
    ],
    [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'bank', team: 'a' } } },
      'every pod of namespace bank, if it is one of namespaces team=a',
      'namespace bank(team=a の namespace)のすべての Pod',
    ],
    [
      {
        podSelector: {
          matchExpressions: [
            { key: 'app', operator: 'NotIn', values: ['helm'] },
            { key: 'app', operator: 'Exists' },
            { key: 'b', operator: 'DoesNotExist' },
            { key: 'c', operator: 'DoesNotExist' },
          ],
        },
      },
      'pods app!=helm with label app and without labels b and c of this namespace',
      'この namespace の app!=helm で、ラベル app があり、ラベル b と c がない Pod',
    ],
    [
      { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
      '10.0.0.0/8 without 10.1.0.0/16',
      '10.0.0.0/8(10.1.0.0/16 を除く)',
    ],
    [{ podSelector: expression('app', 'In') }, 'nobody', '該当なし'],
    [{ namespaceSelector: expression('kubernetes.io/metadata.name', 'DoesNotExist') }, 'nobody', '該当なし'],
  ])('%j', (peer, en, ja) => {
    expect(both((one: Peer, language) => peerText(one, 'shop', language), peerOf(peer))).toEqual([en, ja]);
  });

  it('names the own namespace where nobody knows whose it is', () => {
    expect(peerText(peerOf({ podSelector: {} }), undefined, 'en')).toBe('every pod of namespace shop');
  });

  it('speaks of endpoints that must also have an address', () => {
    const peer: Peer = {
      path: [],
      endpoints: [labelIn('role', ['db'])],
      addresses: addresses('10.0.0.0/8'),
      written: unwritten,
    };
    expect(both((one: Peer, language) => peerText(one, undefined, language), peer)).toEqual([
      'endpoints role=db at 10.0.0.0/8',
      'role=db のエンドポイント(10.0.0.0/8 にあるもの)',
    ]);
  });

  it('tells nobody from somebody', () => {
    const peer = (endpoints: Peer['endpoints'], at: Peer['addresses']): Peer => ({
      path: [],
      endpoints,
      addresses: at,
      written: unwritten,
    });
    expect(isNobody(peer('any', 'any'))).toBe(false);
    expect(isNobody(peer([], 'any'))).toBe(true);
    expect(isNobody(peer([emptyBox], 'any'))).toBe(true);
    expect(isNobody(peer([emptyBox, everyLabels], 'any'))).toBe(false);
    expect(isNobody(peer('any', noAddresses))).toBe(true);
  });
});

describe('boxText', () => {
  const kinds = (...names: readonly string[]): LabelBox => labelIn(endpointKind, names);

  it.each([
    [emptyBox, 'no pod', '該当する Pod なし'],
    [everyLabels, 'every endpoint', 'すべてのエンドポイント'],
    [kinds('HostEndpoint'), 'every host endpoint', 'すべての HostEndpoint'],
    [
      intersectBoxes(kinds('Pod', 'NetworkSet'), labelIn('a', ['b'])),
      'network sets and pods a=b',
      'a=b の NetworkSet と Pod',
    ],
  ])('%#: %2$s', (box, en, ja) => {
    expect(both((one: LabelBox, language) => boxText(one, undefined, language), box)).toEqual([en, ja]);
  });

  it('knows that a pod is in some namespace, and that a host need not be', () => {
    const unnamed = readUnnamed();
    expect(isNoEndpoint(intersectBoxes(unnamed, kinds('Pod')))).toBe(true);
    expect(isNoEndpoint(intersectBoxes(unnamed, kinds('Pod', 'HostEndpoint')))).toBe(false);
    expect(isNoEndpoint(intersectBoxes(labelIn(namespaceName, ['a']), kinds('Pod')))).toBe(false);
  });

  /** Whatever has no namespace name. */
  function readUnnamed(): LabelBox {
    const { endpoints } = peerOf({ namespaceSelector: expression('kubernetes.io/metadata.name', 'DoesNotExist') });
    const [box] = endpoints === 'any' ? [] : endpoints;
    if (box === undefined) throw new Error('the peer has a selector');
    return { ...box, conditions: box.conditions.filter(({ key }) => key === namespaceName) };
  }
});

describe('subjectText', () => {
  it.each([
    [{}, 'every pod of namespace shop', 'namespace shop のすべての Pod'],
    [web, 'pods app=web of namespace shop', 'namespace shop の app=web の Pod'],
    ['not a selector', 'no pod', '該当する Pod なし'],
  ])('%j', (selector, en, ja) => {
    expect(both(subjectText, policyFrom(undefined, selector))).toEqual([en, ja]);
  });
});
