/** Sets of flows by protocol and port: all that the rest of the engine needs of them. */
export { protocolName, protocolNumber } from './protocols.ts';
export {
  allowsEveryPort,
  destinationPorts,
  hasFlow,
  namedPorts,
  portCount,
  protocolsOf,
  someFlow,
  type TrafficFlow,
} from './traffic-flows.ts';
export {
  allTraffic,
  complementPorts,
  containsTraffic,
  equalTraffic,
  icmpTraffic,
  intersectTraffic,
  isAllTraffic,
  isNoTraffic,
  namedPortTraffic,
  noTraffic,
  portTraffic,
  protocolTraffic,
  resolveNamedPorts,
  subtractTraffic,
  type Traffic,
  trafficKey,
  unionAllTraffic,
  unionTraffic,
  withoutNamedPorts,
  withSourcePorts,
} from './traffic-set.ts';
export { formatTraffic } from './traffic-text.ts';
