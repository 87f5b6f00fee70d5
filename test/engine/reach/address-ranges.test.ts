import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rangesOf } from '../../../src/engine/reach/endpoints.ts';
import { prober } from '../../../src/engine/reach/probe.ts';
import { reachReport } from '../../../src/engine/reach/report.ts';
import {
  addressRanges,
  equalAddresses,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  unionAllAddresses,
} from '../../../src/engine/sets/addresses.ts';
import { egress, ingress, pod, policy, settingsOf, worldOf } from './cluster.ts';
import { clusters } from './random-cluster.ts';

const every6 = '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

function idsOf(...objects: readonly object[]): readonly string[] {
  return rangesOf([worldOf(...objects)]).map((range) => range.id);
}

const from = (...blocks: readonly (string | { cidr: string; except: string[] })[]) => ({
  from: blocks.map((block) => ({ ipBlock: typeof block === 'string' ? { cidr: block } : block })),
});

describe('address ranges', () => {
  test('are the two families where no policy names an address', () => {
    expect(idsOf(pod('shop/web'), ingress('shop/p', [{}]))).toEqual(['0.0.0.0-255.255.255.255', every6]);
    expect(idsOf()).toEqual(['0.0.0.0-255.255.255.255', every6]);
  });

  test('are cut where a policy begins and ends to treat addresses differently', () => {
    expect(idsOf(ingress('shop/p', [from({ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] })]))).toEqual([
      '0.0.0.0-9.255.255.255',
      '10.0.0.0-10.0.255.255',
      '10.1.0.0-10.1.255.255',
      '10.2.0.0-10.255.255.255',
      '11.0.0.0-255.255.255.255',
      every6,
    ]);
    expect(idsOf(ingress('shop/p', [from('2001:db8::/32')]))).toEqual([
      '0.0.0.0-255.255.255.255',
      '::-2001:db7:ffff:ffff:ffff:ffff:ffff:ffff',
      '2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
      '2001:db9::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ]);
    expect(idsOf(ingress('shop/p', [from('192.0.2.1/32')]))).toContain('192.0.2.1-192.0.2.1');
  });

  test('do not depend on how a block is spelled', () => {
    const whole = idsOf(ingress('shop/p', [from('10.0.0.0/8')]));
    expect(whole).toHaveLength(4);
    expect(idsOf(ingress('shop/p', [from('10.0.0.0/9', '10.128.0.0/9')]))).toEqual(whole);
    expect(idsOf(ingress('shop/p', [from('10.0.0.0/9'), from('10.128.0.0/9')]))).toEqual(whole);
    expect(idsOf(ingress('shop/p', [from('::ffff:10.0.0.0/104')]))).toEqual(whole);
    expect(idsOf(ingress('shop/p', [from('0.0.0.0/1', '128.0.0.0/1')]))).toEqual(['0.0.0.0-255.255.255.255', every6]);
  });

  test('are not cut by a block that allows nothing beyond what is allowed to everyone', () => {
    expect(
      idsOf(ingress('shop/p', [{ ports: [{ port: 80 }] }, { ...from('10.0.0.0/8'), ports: [{ port: 80 }] }])),
    ).toHaveLength(2);
    expect(
      idsOf(ingress('shop/p', [{ ports: [{ port: 80 }] }, { ...from('10.0.0.0/8'), ports: [{ port: 81 }] }])),
    ).toHaveLength(4);
  });

  test('are not cut by a direction that is not governed, nor by a named port out to an address', () => {
    expect(idsOf(policy('shop/p', { policyTypes: ['Egress'], ingress: [from('10.0.0.0/8')] }))).toHaveLength(2);
    const to = [{ ipBlock: { cidr: '10.0.0.0/8' } }];
    expect(idsOf(egress('shop/p', [{ to, ports: [{ port: 'http' }] }]))).toHaveLength(2);
    expect(idsOf(egress('shop/p', [{ to, ports: [{ port: 'http' }, { port: 80 }] }]))).toHaveLength(4);
    expect(idsOf(ingress('shop/p', [{ ...from('10.0.0.0/8'), ports: [{ port: 'http' }] }]))).toHaveLength(4);
  });

  test('tell apart what one policy gives to one block and another to the next', () => {
    const one = ingress('shop/a', [from('10.0.0.0/9')]);
    const two = ingress('shop/b', [from('10.128.0.0/9')]);
    expect(idsOf(one, two)).toHaveLength(5);
  });

  test('cover each family from end to end without meeting', () => {
    fc.assert(
      fc.property(clusters, (objects) => {
        const ranges = rangesOf([worldOf(...objects)]);
        expect(equalAddresses(unionAllAddresses(ranges.map((range) => range.addresses)), everyAddress)).toBe(true);
        for (const [index, range] of ranges.entries()) {
          const next = ranges[index + 1];
          if (next !== undefined) expect(isNoAddress(intersectAddresses(range.addresses, next.addresses))).toBe(true);
          const [only, ...more] = addressRanges(range.addresses);
          expect([`${only?.first}-${only?.last}`, more]).toEqual([range.id, []]);
        }
      }),
    );
  });

  test('hold only addresses that are alike: both ends of each range are answered the same', () => {
    fc.assert(
      fc.property(clusters, (objects) => {
        const world = worldOf(...objects);
        const ask = prober(world, settingsOf());
        const { endpoints } = reachReport(world, settingsOf());
        const pods = endpoints.flatMap((endpoint) => (endpoint.kind === 'Workload' ? endpoint.id : []));
        for (const { addresses } of rangesOf([world])) {
          const [range] = addressRanges(addresses);
          for (const id of pods) {
            for (const port of [1, 2, 4, 9]) {
              const answers = [range?.first, range?.last].map((end) => {
                const inwards = ask({ from: end, to: id, port });
                const outwards = ask({ from: id, to: end, port });
                return [inwards, outwards].map((answer) => (answer.ok ? answer.value.verdict : answer.problem));
              });
              expect(answers[0]).toEqual(answers[1]);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
