import { type Interval, type Intervals, intervalsKey, intervalsOf } from '../sets/intervals.ts';
import { ICMP, ICMPv6, isIcmp, SCTP, TCP, UDP } from '../sets/protocols.ts';
import {
  allowsEveryPort,
  destinationPorts,
  isAllTraffic,
  protocolName,
  protocolsOf,
  type Traffic,
} from '../sets/traffic.ts';

/** What one endpoint may send another, as the report writes it. */
export interface Connection extends TrafficLists {
  readonly from: string;
  readonly to: string;
}

/** Traffic without named ports, as lists of text. Source ports have no place in it: any of them makes the flow. */
export interface TrafficLists {
  /** Every protocol and port; the lists are then empty. */
  readonly all: boolean;
  /** Destination ports and inclusive ranges of them: `80`, `8000-8010`. */
  readonly TCP: readonly string[];
  readonly UDP: readonly string[];
  readonly SCTP: readonly string[];
  /**
   * IP protocol numbers and inclusive ranges of them; `ICMP` and `ICMPv6`, or, where only a part is meant, `ICMP 8` for
   * a type, `ICMP 8/0` for a code of it, and `136 80` for a port of another protocol that has ports.
   */
  readonly other: readonly string[];
}

export function trafficLists(traffic: Traffic): TrafficLists {
  if (isAllTraffic(traffic)) return { all: true, TCP: [], UDP: [], SCTP: [], other: [] };
  return {
    all: false,
    TCP: texts(destinationPorts(traffic, TCP)),
    UDP: texts(destinationPorts(traffic, UDP)),
    SCTP: texts(destinationPorts(traffic, SCTP)),
    other: otherTexts(traffic),
  };
}

function texts(intervals: Intervals): readonly string[] {
  return intervals.map((one) => intervalsKey([one]));
}

/** Ascending by protocol number. */
function otherTexts(traffic: Traffic): readonly string[] {
  const protocols = protocolsOf(traffic).filter((protocol) => ![TCP, UDP, SCTP].includes(protocol));
  const numbered = protocols.filter((protocol) => !isIcmp(protocol) && allowsEveryPort(traffic, protocol));
  const found = intervalsOf(numbered.map((protocol) => [protocol, protocol])).map((one) => ({
    at: one[0],
    list: texts([one]),
  }));
  for (const protocol of protocols) {
    if (numbered.includes(protocol)) continue;
    found.push({ at: protocol, list: partTexts(traffic, protocol) });
  }
  return found.sort((a, b) => a.at - b.at).flatMap(({ list }) => list);
}

function partTexts(traffic: Traffic, protocol: number): readonly string[] {
  const isNamed = protocol === ICMP || protocol === ICMPv6;
  const name = isNamed ? protocolName(protocol) : String(protocol);
  if (allowsEveryPort(traffic, protocol)) return [name];
  const destinations = destinationPorts(traffic, protocol);
  const parts = isNamed ? destinations.flatMap(icmpTexts) : texts(destinations);
  return parts.map((part) => `${name} ${part}`);
}

/** A run of type * 256 + code as whole types, `8-9`, and codes of one type, `3/0-4`. */
function icmpTexts([first, last]: Interval): readonly string[] {
  const found: string[] = [];
  for (let next = first; next <= last; ) {
    const type = next >> 8;
    // The last type that the run holds from its code 0 to its code 255.
    const wholeTo = ((last + 1) >> 8) - 1;
    if ((next & 255) === 0 && wholeTo >= type) {
      found.push(intervalsKey([[type, wholeTo]]));
      next = (wholeTo + 1) * 256;
    } else {
      const end = Math.min(last, type * 256 + 255);
      found.push(`${type}/${intervalsKey([[next & 255, end & 255]])}`);
      next = end + 1;
    }
  }
  return found;
}
