import { type AddressSet, hasLongRun, unionAllAddresses } from '../sets/addresses.ts';
import { TCP, UDP } from '../sets/protocols.ts';
import { intersectTraffic, isNoTraffic, namedPorts, portTraffic, unionTraffic } from '../sets/traffic.ts';
import { admitsFreshPod, admitsKind } from './box-parts.ts';
import type { Peer, RuleList } from './policy.ts';

/** Whether the set has more addresses in a row than anybody lists one by one. */
export function isWide(addresses: AddressSet): boolean {
  return hasLongRun(addresses);
}

/**
 * Whether some rule may speak of ends of which nothing is known: any address, a range wider than anybody lists, pods
 * without labels. `by-sets`: only if it finds a network set, or a host, that has such a range.
 */
export type SpeaksOfMany = 'no' | 'by-sets' | 'yes';

/** A look at the rules alone. What is not told here, no rule can do. */
export function speaksOfMany({ rules }: RuleList): SpeaksOfMany {
  let answer: SpeaksOfMany = 'no';
  for (const { action, peers } of rules) {
    if (action === 'log') continue;
    const ofRule = ofPeers(peers);
    if (ofRule === 'yes') return 'yes';
    if (ofRule === 'by-sets') answer = ofRule;
  }
  return answer;
}

function ofPeers(peers: readonly Peer[]): SpeaksOfMany {
  const wide = isWide(unionAllAddresses(peers.flatMap(({ addresses }) => (addresses === 'any' ? [] : [addresses]))));
  let answer: SpeaksOfMany = 'no';
  for (const { endpoints, addresses, service } of peers) {
    if (service !== undefined || (addresses !== 'any' && !wide)) continue;
    if (endpoints === 'any' || endpoints.some(admitsFreshPod)) return 'yes';
    if (endpoints.some((box) => admitsKind(box, 'NetworkSet') || admitsKind(box, 'HostEndpoint'))) answer = 'by-sets';
  }
  return answer;
}

const dns = unionTraffic(portTraffic(UDP, 53, 53), portTraffic(TCP, 53, 53));

/** Whether some rule may speak of DNS: a named port may be its. */
export function speaksOfDns({ rules }: RuleList): boolean {
  return rules.some(
    ({ action, traffic }) =>
      action !== 'log' && (namedPorts(traffic).length > 0 || !isNoTraffic(intersectTraffic(traffic, dns))),
  );
}
