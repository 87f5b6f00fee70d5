import { describe, expect, test } from 'vitest';
import { enforcerProfiles } from '../../../src/engine/model/cluster-facts.ts';
import { ruleList } from '../../../src/engine/model/policy.ts';
import { matchPeer } from '../../../src/engine/reach/match.ts';
import { addressParty, type Party, podParty } from '../../../src/engine/reach/party.ts';
import { readAddress, readCidr } from '../../../src/engine/sets/cidr.ts';
import { type Given, ingress, namespace, type PodParts, pod, settingsOf, worldOf } from './cluster.ts';

/** Whether a peer of a policy in namespace `shop` matches a pod of namespace `far`, which has the label `team: red`. */
function matchPod(peer: object, parts: PodParts, given: Given): string {
  const world = worldOf(
    namespace('far', { team: 'red' }),
    pod('far/web', parts),
    ingress('shop/p', [{ from: [peer] }]),
  );
  const [found] = world.podsOf('far');
  if (found === undefined) throw new Error('no pod');
  return matchParty(peer, podParty(found, world, given.enforcer ?? 'generic'), given);
}

function matchParty(peer: object, party: Party, given: Given): string {
  const world = worldOf(ingress('shop/p', [{ from: [peer] }]));
  const found = world
    .policiesOf('shop')
    .flatMap((policy) => ruleList(policy, 'ingress').rules.flatMap((rule) => rule.peers));
  const [first] = found;
  if (first === undefined) throw new Error('no peer');
  return matchPeer(first, party, settingsOf(given));
}

const everyProfile = (answer: (profile: (typeof enforcerProfiles)[number]) => string) =>
  Object.fromEntries(enforcerProfiles.map((profile) => [profile, answer(profile)]));

const same = (answer: string) => everyProfile(() => answer);

describe('a selector peer', () => {
  const red = { namespaceSelector: { matchLabels: { team: 'red' } } };

  test.each([
    [
      'matches by the labels of pod and namespace together',
      { ...red, podSelector: { matchLabels: { app: 'web' } } },
      'yes',
    ],
    ['asks for both', { ...red, podSelector: { matchLabels: { app: 'api' } } }, 'no'],
    ['without namespaceSelector stays in its namespace', { podSelector: {} }, 'no'],
    [
      'knows the name of a namespace without asking it for the label',
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'far' } } },
      'yes',
    ],
  ])('%s', (_, peer, answer) => {
    expect(everyProfile((enforcer) => matchPod(peer, {}, { enforcer }))).toEqual(same(answer));
  });

  test('never matches an address', () => {
    const address = addressOf('10.0.0.1');
    expect(everyProfile((enforcer) => matchParty({ namespaceSelector: {} }, address, { enforcer }))).toEqual(
      same('no'),
    );
  });

  test('does not match a pod on the host network where the enforcer takes it for its node', () => {
    const host: PodParts = { hostNetwork: true, ips: ['192.0.2.1'] };
    expect(everyProfile((enforcer) => matchPod(red, host, { enforcer }))).toEqual({
      ...same('no'),
      generic: 'host-network-peer',
    });
    expect(everyProfile((enforcer) => matchPod({ ...red, podSelector: {} }, host, { enforcer }))).toEqual({
      ...same('no'),
      generic: 'host-network-peer',
      ovn: 'host-network-peer',
    });
    const blue = { namespaceSelector: { matchLabels: { team: 'blue' } } };
    expect(everyProfile((enforcer) => matchPod(blue, host, { enforcer }))).toEqual(same('no'));
  });
});

describe('an ipBlock', () => {
  const block = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, except } });

  test.each([
    ['10.0.0.1', 'yes'],
    ['10.0.1.1', 'no'],
    ['11.0.0.1', 'no'],
    ['::1', 'no'],
  ])('matches the address %s: %s', (text, answer) => {
    expect(
      everyProfile((enforcer) => matchParty(block('10.0.0.0/8', '10.0.1.0/24'), addressOf(text), { enforcer })),
    ).toEqual(same(answer));
  });

  test('cuts a range that is asked for by itself', () => {
    const range = readCidr('10.0.0.0/7');
    if (!range.ok) throw new Error('unreadable');
    expect(matchParty(block('10.0.0.0/8'), addressParty(range.addresses), {})).toBe('part-of-range');
  });

  const byAddress = { ...same('yes'), generic: 'pod-in-block', cilium: 'no' };
  const unsure = { ...same('pod-address-unknown'), cilium: 'no' };

  test.each([
    ['holds the known address', ['10.0.0.1'], '10.0.0.0/8', [], byAddress],
    ['does not hold the known address', ['10.0.0.1'], '11.0.0.0/8', [], same('no')],
    ['holds the IPv6 address of a dual-stack pod', ['10.0.0.1', 'fd00::1'], 'fd00::/8', [], byAddress],
    ['holds one address of a dual-stack pod only', ['10.0.0.1', 'fd00::1'], '0.0.0.0/0', [], byAddress],
    ['is IPv4, and the pod has an IPv6 address only', ['fd00::1'], '0.0.0.0/0', [], same('no')],
    ['holds all pod addresses of the cluster', [], '10.0.0.0/8', ['10.244.0.0/16'], byAddress],
    ['holds some pod addresses of the cluster', [], '10.244.1.0/24', ['10.244.0.0/16'], unsure],
    ['holds no pod address of the cluster', [], '203.0.113.0/24', ['10.244.0.0/16'], same('no')],
    ['holds every IPv4 address, and nobody knows the pod addresses', [], '0.0.0.0/0', [], byAddress],
    ['holds some addresses, and nobody knows the pod addresses', [], '203.0.113.0/24', [], unsure],
    ['holds every IPv6 address, and nobody knows whether the pod has one', [], '::/0', [], unsure],
    ['is unreadable', [], 'nonsense', [], same('no')],
    ['holds an address that is no address', ['nonsense'], '0.0.0.0/0', [], byAddress],
  ])('that %s', (_, ips, cidr, podCIDRs, answers) => {
    expect(everyProfile((enforcer) => matchPod(block(cidr), { ips }, { enforcer, podCIDRs }))).toEqual(answers);
  });

  test('that holds some of the addresses of several pods under one name says neither yes nor no', () => {
    const ips = ['10.0.0.1', '10.0.1.1'];
    expect(matchPod(block('10.0.0.0/24'), { ips }, {})).toBe('pods-differ');
    expect(matchPod(block('10.0.0.0/16'), { ips }, {})).toBe('yes');
    expect(matchPod(block('10.0.2.0/24'), { ips }, {})).toBe('no');
  });

  const unsureNode = { ...same('node-address-unknown'), cilium: 'no' };

  test.each([
    ['holds its address', ['192.0.2.1'], '192.0.2.0/24', [], byAddress],
    ['does not hold its address', ['192.0.2.1'], '198.51.100.0/24', [], same('no')],
    ['holds all node addresses', [], '192.0.2.0/23', ['192.0.2.0/24'], byAddress],
    ['holds some node addresses', [], '192.0.2.0/25', ['192.0.2.0/24'], unsureNode],
    ['holds no node address', [], '198.51.100.0/24', ['192.0.2.0/24'], same('no')],
    ['may hold it, as nobody knows the node addresses', [], '198.51.100.0/24', [], unsureNode],
  ])('and a pod on the host network: the block %s', (_, ips, cidr, nodeCIDRs, answers) => {
    // Where pods are is of no interest for it.
    const podCIDRs = ['10.0.0.0/8'];
    expect(
      everyProfile((enforcer) => matchPod(block(cidr), { ips, hostNetwork: true }, { enforcer, nodeCIDRs, podCIDRs })),
    ).toEqual(answers);
  });
});

test('a rule without peers is for everyone, on the host network too', () => {
  const world = worldOf(ingress('shop/p', [{}]), pod('far/web', { hostNetwork: true }));
  const [rule] = world.policiesOf('shop').flatMap((policy) => policy.ingress.rules);
  const [found] = world.podsOf('far');
  const parties = [addressOf('2001:db8::1'), podParty(found!, world, 'generic')];
  for (const party of parties) {
    expect(everyProfile((enforcer) => matchPeer(rule!.peers[0]!, party, settingsOf({ enforcer })))).toEqual(
      same('yes'),
    );
  }
});

function addressOf(text: string): Party {
  const address = readAddress(text);
  if (!address.ok) throw new Error(text);
  return addressParty(address.addresses);
}
