import { directions, type Policy } from '../model/policy.ts';
import { isNoAddress } from '../sets/addresses.ts';
import { isNoTraffic, noTraffic } from '../sets/traffic.ts';
import type { Surroundings } from './far-end.ts';
import { type OpenPart, openParts } from './opening.ts';

/** Whether a policy lets anybody through in either direction, or may do so: an Allow of nobody, or after a Deny of everyone, does not. */
export function opensSomething(policy: Policy, surroundings: Surroundings): boolean {
  return directions.some((direction) => {
    const { parts, doubts } = openParts(policy, direction, noTraffic, surroundings);
    return doubts.length > 0 || parts.some(letsThrough);
  });
}

function letsThrough({ peer, traffic, addresses, endpoints, somewhere, pods }: OpenPart): boolean {
  if (isNoTraffic(traffic)) return false;
  // Whom a Service stands for changes by itself.
  if (peer.service !== undefined || peer.unsure === true) return true;
  return !isNoAddress(addresses) || endpoints.length + somewhere.length + pods.length > 0;
}
