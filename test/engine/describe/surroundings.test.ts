import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { surroundingText } from '../../../src/engine/describe/surroundings.ts';
import { resourceOf } from '../../../src/engine/dialects/resources.ts';
import { gather } from '../../../src/engine/model/gather.ts';
import { refOf } from '../../../src/engine/model/object.ts';

const object = (kind: string, metadata: string, spec: string, apiVersion = 'projectcalico.org/v3') =>
  parse(`{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: ${metadata}, spec: ${spec} }`);

const policy = object(
  'GlobalNetworkPolicy',
  '{ name: hosts }',
  `{ selector: has(host), types: [Ingress], ingress: [{ action: Deny, source: { selector: feed == 'bad' } }] }`,
);

function told(given: unknown): { readonly en: string | undefined; readonly ja: string | undefined } {
  const ref = refOf(given);
  const world = gather([policy, given].map((one) => ({ object: one, ref: refOf(one) })));
  const problems = resourceOf(ref)?.problems?.(given, ref) ?? [];
  return { en: surroundingText(ref, problems, world, 'en'), ja: surroundingText(ref, problems, world, 'ja') };
}

describe('what is said of an object that is no policy', () => {
  it.each([
    [
      'a tier that is asked early and passes on',
      object('Tier', '{ name: early }', '{ order: 10, defaultAction: Pass }'),
      'Policies of tier early are asked before those of tier default: its order is 10. What they govern and no rule of them decides is left to the next tier.',
      'tier early のポリシーは、tier default のポリシーより先に判定されます。order は 10 です。対象の通信のうち、どのルールでも決まらないものは次の tier に委ねられます。',
    ],
    [
      'a tier without an order, which its name puts behind the default one',
      object('Tier', '{ name: zone }', '{}'),
      'Policies of tier zone are asked after those of tier default: its order is 1,000,000. What they govern and no rule of them decides is denied.',
      'tier zone のポリシーは、tier default のポリシーより後に判定されます。order は 1,000,000 です。対象の通信のうち、どのルールでも決まらないものは拒否されます。',
    ],
    [
      'the built-in tier, of which nothing can be changed',
      object('Tier', '{ name: default }', '{ order: 3 }'),
      'Tier default is where policies stand that name no tier, and those of Kubernetes; its order is 1,000,000. What they govern and no rule of them decides is denied. Problem at spec.order: the tier default always has order 1000000.',
      'tier default には、tier を書かないポリシーと Kubernetes のポリシーが属します。order は 1,000,000 です。対象の通信のうち、どのルールでも決まらないものは拒否されます。spec.order に問題があります: tier default の order は常に 1000000 です。',
    ],
    [
      'a set that a policy chooses',
      object('GlobalNetworkSet', '{ name: feed, labels: { feed: bad } }', '{ nets: [198.51.100.0/24] }'),
      'Network set feed stands for 198.51.100.0/24. Policies choose it by its labels: feed=bad. Of those given here, hosts may choose it.',
      'NetworkSet feed は、198.51.100.0/24 を表します。ポリシーからはラベルで選択されます: feed=bad。ここにあるポリシーでは、hosts が選択する可能性があります。',
    ],
    [
      'a set of a namespace, without labels',
      object('NetworkSet', '{ name: own, namespace: shop }', '{ nets: [] }'),
      'Network set own of namespace shop stands for no address. It has no label of its own.',
      'namespace shop の NetworkSet own は、アドレスなしを表します。自身のラベルはありません。',
    ],
    [
      'a host endpoint, as it is stored',
      object(
        'HostEndpoint',
        `{ name: n1, annotations: { projectcalico.org/metadata: '{"labels":{"host":"n1"}}' } }`,
        '{ node: n1, interfaceName: eth0, expectedIPs: [192.0.2.1] }',
        'crd.projectcalico.org/v1',
      ),
      'Host endpoint n1 puts interface eth0 of node n1 (192.0.2.1) under policy, the failsafe ports aside. What it accepts is decided by hosts. What it sends is decided by no policy given here, and is dropped.',
      'HostEndpoint n1 により、ノード n1 のインターフェイス eth0(192.0.2.1)にポリシーが適用されます(フェイルセーフポートを除く)。受信は hosts で判定されます。送信を判定するポリシーはここになく、破棄されます。',
    ],
    [
      'a host endpoint of every interface that is open by its profile',
      object(
        'HostEndpoint',
        '{ name: n2 }',
        `{ node: n2, interfaceName: '*', profiles: [projectcalico-default-allow] }`,
      ),
      'Host endpoint n2 puts every interface of node n2 under policy, the failsafe ports aside. What it accepts is decided by no policy given here, and passes. What it sends is decided by no policy given here, and passes.',
      'HostEndpoint n2 により、ノード n2 のすべてのインターフェイスにポリシーが適用されます(フェイルセーフポートを除く)。受信を判定するポリシーはここになく、通ります。送信を判定するポリシーはここになく、通ります。',
    ],
  ])('%s', (_, given, en, ja) => expect(told(given)).toEqual({ en, ja }));

  it('is nothing where there is nothing to say', () => {
    expect(told({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }).en).toBeUndefined();
  });
});
