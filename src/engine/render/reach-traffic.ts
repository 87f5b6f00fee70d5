import type { TrafficLists } from '../reach/connection.ts';
import type { Language } from '../words/language.ts';

const words = {
  en: { all: 'everything', port: (protocol: string) => `${protocol} every port`, other: 'protocol' },
  ja: { all: 'すべて', port: (protocol: string) => `${protocol} 全ポート`, other: 'プロトコル' },
} as const;

/** A connection's traffic in one line: `TCP 80, 8000-8010; UDP 53; ICMP`. */
export function trafficText(traffic: TrafficLists, language: Language): string {
  const say = words[language];
  if (traffic.all) return say.all;
  const parts: string[] = [];
  for (const protocol of ['TCP', 'UDP', 'SCTP'] as const) {
    const ports = traffic[protocol];
    if (ports.length > 0)
      parts.push(ports.join() === '1-65535' ? say.port(protocol) : `${protocol} ${ports.join(', ')}`);
  }
  const named = traffic.other.filter((entry) => entry.startsWith('ICMP'));
  const numbered = traffic.other.filter((entry) => !entry.startsWith('ICMP'));
  parts.push(...named);
  if (numbered.length > 0) parts.push(`${say.other} ${numbered.join(', ')}`);
  return parts.join('; ');
}
