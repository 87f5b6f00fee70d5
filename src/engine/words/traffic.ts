import {
  allowsEveryPort,
  allTraffic,
  destinationPorts,
  equalTraffic,
  formatTraffic,
  intersectTraffic,
  isAllTraffic,
  isNoTraffic,
  namedPorts,
  namedPortTraffic,
  portTraffic,
  protocolName,
  protocolNumber,
  protocolsOf,
  protocolTraffic,
  subtractTraffic,
  type Traffic,
  unionAllTraffic,
} from '../sets/traffic.ts';
import { joinJapanese } from './japanese.ts';
import type { Language } from './language.ts';
import { listText, shortListText } from './list.ts';

const mostPorts = 6;
const mostProtocols = 8;

const usual: readonly number[] = ['TCP', 'UDP', 'SCTP'].flatMap((name) => protocolNumber(name) ?? []);

/** Protocols and ports in words: `TCP 80 and 443`, `every port of TCP`, `TCP 80, and UDP 53 and port dns`, `everything`. */
export function trafficText(traffic: Traffic, language: Language): string {
  if (isAllTraffic(traffic)) return language === 'ja' ? 'すべての通信' : 'everything';
  if (isNoTraffic(traffic)) return language === 'ja' ? '通信なし' : 'nothing';
  const protocols = protocolsOf(traffic);
  if (protocols.length > mostProtocols) {
    const rest = subtractTraffic(allTraffic, traffic);
    if (protocolsOf(rest).length > mostProtocols) return formatTraffic(traffic);
    const but = trafficText(rest, language);
    return language === 'ja' ? joinJapanese(but, '以外のすべての通信') : `everything but ${but}`;
  }
  const ordered = [
    ...usual.filter((one) => protocols.includes(one)),
    ...protocols.filter((one) => !usual.includes(one)),
  ];
  return protocolList(
    ordered.map((protocol) => protocolText(intersectTraffic(traffic, protocolTraffic(protocol)), protocol, language)),
    language,
  );
}

/** Where one protocol has several ports, the protocols are set further apart than the ports. */
function protocolList(texts: readonly string[], language: Language): string {
  const nested = texts.length > 1 && texts.some((text) => text.includes(language === 'ja' ? ' と' : ' and '));
  if (!nested) return listText(texts, language);
  return language === 'ja' ? texts.join('、') : `${texts.slice(0, -1).join(', ')}, and ${texts.at(-1) ?? ''}`;
}

/** `part` is what a set holds of the protocol. */
function protocolText(part: Traffic, protocol: number, language: Language): string {
  const name = protocolName(protocol);
  const ja = language === 'ja';
  if (allowsEveryPort(part, protocol)) {
    if (usual.includes(protocol)) return ja ? `${name} のすべてのポート` : `every port of ${name}`;
    return /^\d/.test(name) ? (ja ? `プロトコル ${name}` : `protocol ${name}`) : name;
  }
  const ports = destinationPorts(part, protocol);
  const names = namedPorts(part).map((one) => one.name);
  const plain = unionAllTraffic([
    ...ports.map(([first, last]) => portTraffic(protocol, first, last)),
    ...names.map((one) => namedPortTraffic(protocol, one)),
  ]);
  // Source ports, ICMP types: rare, and exact in their own notation.
  if (!equalTraffic(plain, part)) return formatTraffic(part);
  const items = [
    ...ports.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)),
    ...names.map((one) => (ja ? `ポート ${one}` : `port ${one}`)),
  ];
  const list = shortListText(items, mostPorts, language);
  return ja ? joinJapanese(name, list.startsWith('ポート') ? `の${list}` : list) : `${name} ${list}`;
}
