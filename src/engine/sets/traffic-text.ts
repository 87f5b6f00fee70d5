import { equalIntervals, type Interval, type Intervals, intervalsKey } from './intervals.ts';
import type { ProtocolPart } from './protocol-part.ts';
import { divisibleProtocols, everyDestination, everyPort, everyPortless, isIcmp, protocolName } from './protocols.ts';
import { allTraffic, noTraffic, subtractTraffic, type Traffic } from './traffic-set.ts';

/**
 * The set in words: `TCP 80, 8000-8010; UDP 53`, `all ports of TCP`, `everything but TCP 22`, `nothing`.
 * Whatever is in it is said, so the text is as long as the set is.
 */
export function formatTraffic(traffic: Traffic): string {
  if (traffic === allTraffic) return 'everything';
  if (traffic === noTraffic) return 'nothing';
  const named = traffic.divided.some((part) => part.names.length > 0);
  if (!named && equalIntervals(traffic.portless, everyPortless)) {
    return `everything but ${list(subtractTraffic(allTraffic, traffic))}`;
  }
  return list(traffic);
}

function list(traffic: Traffic): string {
  const parts: string[] = [];
  for (const protocol of divisibleProtocols) {
    const part = traffic.divided.find((one) => one.protocol === protocol);
    if (part !== undefined) parts.push(...formatPart(part));
  }
  if (equalIntervals(traffic.portless, everyPortless)) parts.push('every protocol without ports');
  else if (traffic.portless.length > 0) parts.push(counted('protocol', traffic.portless));
  return parts.join('; ');
}

function formatPart({ protocol, cells, names }: ProtocolPart): readonly string[] {
  // Numbers and names with the same source ports are told in one breath.
  const groups = new Map<string, { readonly sources: Intervals; readonly texts: string[]; readonly whole: boolean }>();
  for (const { destinations, sources } of cells) {
    const whole = equalIntervals(destinations, everyDestination(protocol));
    groups.set(intervalsKey(sources), { sources, texts: destinationTexts(protocol, destinations), whole });
  }
  for (const { name, sources } of names) {
    const key = intervalsKey(sources);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { sources, texts: [name], whole: false });
    else group.texts.push(name);
  }
  return [...groups.values()].map(({ sources, texts, whole }) => {
    const name = protocolName(protocol);
    const text = !whole ? `${name} ${texts.join(', ')}` : isIcmp(protocol) ? name : `all ports of ${name}`;
    return sources === everyPort ? text : `${text} from ${counted('source port', sources)}`;
  });
}

function destinationTexts(protocol: number, destinations: Intervals): string[] {
  return isIcmp(protocol) ? destinations.flatMap(icmpTexts) : destinations.map((one) => intervalsKey([one]));
}

/** Cuts a run of type * 256 + code into whole types and the codes of what is left at either end. */
function icmpTexts([first, last]: Interval): string[] {
  const texts: string[] = [];
  let next = first;
  while (next <= last) {
    const type = next >> 8;
    const endOfType = type * 256 + 255;
    const lastWhole = ((last + 1) >> 8) - 1;
    if (next === type * 256 && lastWhole >= type) {
      texts.push(counted('type', [[type, lastWhole]]));
      next = (lastWhole + 1) * 256;
    } else {
      const end = Math.min(last, endOfType);
      texts.push(`type ${type} ${counted('code', [[next & 255, end & 255]])}`);
      next = end + 1;
    }
  }
  return texts;
}

/** `port 80`, `ports 80, 443-445`. */
function counted(noun: string, values: Intervals): string {
  const [only, ...more] = values;
  const one = only !== undefined && more.length === 0 && only[0] === only[1];
  return `${noun}${one ? '' : 's'} ${intervalsKey(values).replaceAll(',', ', ')}`;
}
