import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  openTraffic,
  portRange,
  readAddresses,
  readDirections,
  readFlows,
  readInteger,
  readOpenPorts,
  readPrefixes,
  readSelection,
} from '../../../src/engine/guardrails/settings.ts';
import { selects } from '../../../src/engine/model/selection.ts';
import { addressCidrs } from '../../../src/engine/sets/addresses.ts';
import { isEmptyBox, isEveryBox } from '../../../src/engine/sets/labels.ts';
import {
  equalTraffic,
  isAllTraffic,
  isNoTraffic,
  portTraffic,
  protocolTraffic,
  unionTraffic,
} from '../../../src/engine/sets/traffic.ts';

const tcp = 6;
const udp = 17;

describe('directions', () => {
  it('are those of the model', () => {
    expect(readDirections(['Egress', 'Ingress', 'Egress'])).toEqual(['egress', 'ingress']);
    expect(readDirections(['Sideways'])).toEqual([]);
    expect(readDirections(undefined)).toEqual(['ingress', 'egress']);
    expect(readDirections(undefined, ['egress'])).toEqual(['egress']);
  });
});

describe('prefixes', () => {
  const usual = { ipv4: '/8', ipv6: 32 };

  it('are lengths, each over its default', () => {
    expect(readPrefixes(undefined, usual)).toEqual({ ipv4: 8, ipv6: 32 });
    expect(readPrefixes({ ipv4: '/16' }, usual)).toEqual({ ipv4: 16, ipv6: 32 });
    expect(readPrefixes({ ipv4: 0, ipv6: '/128' }, usual)).toEqual({ ipv4: 0, ipv6: 128 });
  });

  it.each(['/33', 33, '8', -1, 1.5, null, '/8 ', '/0x8'])('%j is none', (written) => {
    expect(readPrefixes({ ipv4: written }, usual).ipv4).toBe(8);
  });
});

describe('open ports', () => {
  it('are traffic of one direction', () => {
    const ports = readOpenPorts([
      { direction: 'Egress', protocol: 'UDP', port: 53 },
      { direction: 'Egress', protocol: 'TCP', port: 53 },
      { direction: 'Ingress', protocol: 'TCP', port: 80 },
      { direction: 'Egress', protocol: 'nonsense', port: 53 },
    ]);
    expect(ports).toHaveLength(3);
    const dns = unionTraffic(portTraffic(udp, 53, 53), portTraffic(tcp, 53, 53));
    expect(equalTraffic(openTraffic(ports, 'egress'), dns)).toBe(true);
    expect(equalTraffic(openTraffic(ports, 'ingress'), portTraffic(tcp, 80, 80))).toBe(true);
  });

  it('are the default where none are written, and none where the list is empty', () => {
    const usual = [{ direction: 'egress', protocol: udp, port: 53 }] as const;
    expect(readOpenPorts(undefined, usual)).toBe(usual);
    expect(readOpenPorts([], usual)).toEqual([]);
    expect(isNoTraffic(openTraffic([], 'egress'))).toBe(true);
  });
});

describe('integers', () => {
  it('are read, or the default', () => {
    expect(readInteger(0, 5)).toBe(0);
    expect(readInteger('7', 5)).toBe(5);
    expect(readInteger(undefined, 5)).toBe(5);
  });
});

describe('port ranges', () => {
  it.each([
    [443, { first: 443, last: 443 }],
    ['443', { first: 443, last: 443 }],
    ['8000-8010', { first: 8000, last: 8010 }],
    ['1-65535', { first: 1, last: 65535 }],
    ['8010-8000', undefined],
    [0, undefined],
    ['65536', undefined],
    ['80-', undefined],
    ['http', undefined],
    [80.5, undefined],
    [null, undefined],
  ])('%j', (written, expected) => {
    expect(portRange(written)).toEqual(expected);
  });
});

describe('flows', () => {
  function only(raw: object) {
    const [flow] = readFlows([{ name: 'f', from: { everyone: true }, to: { everyone: true }, ...raw }]);
    if (flow === undefined) throw new Error('no flow');
    return flow;
  }

  it('have an end of each kind', () => {
    const pods = only({ from: { namespaces: { names: ['shop'] }, pods: { labels: { app: 'web' } } } }).from;
    if (pods.kind !== 'pods') throw new Error(pods.kind);
    expect(selects(pods.namespaces, 'shop', new Map())).toBe(true);
    expect(selects(pods.namespaces, 'bank', new Map())).toBe(false);
    expect(selects(pods.pods, 'x', new Map([['app', 'web']]))).toBe(true);
    const block = only({ from: { cidr: '10.0.0.0/8' } }).from;
    expect(block.kind === 'addresses' && addressCidrs(block.addresses)).toEqual(['10.0.0.0/8']);
    expect(only({ from: { hosts: "role == 'node'" } }).from).toEqual({ kind: 'hosts', selector: "role == 'node'" });
    expect(only({}).to).toEqual({ kind: 'everyone' });
  });

  it('mean every pod of the namespaces, and every namespace of the pods, where one is left out', () => {
    const { from } = only({ from: { pods: { labels: { app: 'web' } } } });
    expect(from.kind === 'pods' && selects(from.namespaces, 'any', new Map())).toBe(true);
  });

  it('are all traffic, one protocol, or ports', () => {
    expect(isAllTraffic(only({}).traffic)).toBe(true);
    expect(equalTraffic(only({ protocol: 'UDP' }).traffic, protocolTraffic(udp))).toBe(true);
    expect(equalTraffic(only({ protocol: 'ICMP' }).traffic, protocolTraffic(1))).toBe(true);
    expect(equalTraffic(only({ protocol: 'ICMPv6' }).traffic, protocolTraffic(58))).toBe(true);
    const expected = unionTraffic(portTraffic(tcp, 80, 80), portTraffic(tcp, 8000, 8010));
    expect(equalTraffic(only({ ports: [80, '8000-8010'] }).traffic, expected)).toBe(true);
    expect(equalTraffic(only({ protocol: 'UDP', ports: ['53'] }).traffic, portTraffic(udp, 53, 53))).toBe(true);
    expect(isNoTraffic(only({ protocol: 'nonsense' }).traffic)).toBe(true);
  });
});

describe('selections', () => {
  it('ask for names, labels and selector together', () => {
    const selection = readSelection({
      names: ['a*'],
      labels: { team: 'x' },
      selector: { matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['prod'] }] },
    });
    const labels = (env: string) => new Map([['team', 'x'], ['env', env]]); // biome-ignore format: one line says it
    expect(selects(selection, 'ab', labels('test'))).toBe(true);
    expect(selects(selection, 'ab', labels('prod'))).toBe(false);
    expect(selects(selection, 'ba', labels('test'))).toBe(false);
    expect(selects(selection, 'ab', new Map([['env', 'test']]))).toBe(false);
  });

  it('are everything where nothing is written, and nothing where the selector cannot be read', () => {
    expect(readSelection(undefined).names).toBeUndefined();
    expect(isEveryBox(readSelection(undefined).labels)).toBe(true);
    expect(isEmptyBox(readSelection({ selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }).labels)).toBe(
      true,
    );
  });
});

it('reads any JSON without a throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('names', 'selector', 'cidr', 'ports', 'from'), (json, key) => {
      for (const raw of [json, { [key]: json }, [json], [{ from: { [key]: json }, ports: json }]]) {
        readDirections(raw);
        readPrefixes(raw, { ipv4: 8, ipv6: 32 });
        readOpenPorts(raw);
        readFlows(raw);
        readSelection(raw);
        readAddresses(raw);
      }
    }),
  );
});
