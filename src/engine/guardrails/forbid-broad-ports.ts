import { broadPorts, busiestProtocol, type OpenPorts } from '../breadth/open-ports.ts';
import type { FieldPath } from '../json/path.ts';
import { field } from '../json/read.ts';
import { namedNamespaces } from '../model/box-parts.ts';
import { withinNamespace } from '../model/governing.ts';
import { type Direction, decidesAtAll, directions, type Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { inAny, podsOfToday } from '../reach/isolation.ts';
import { someAddress } from '../sets/addresses.ts';
import { allowsEveryPort, portCount, protocolName, protocolsOf, type Traffic } from '../sets/traffic.ts';
import { countText } from '../words/count.ts';
import { isWrittenAsCalico } from '../words/far-end-yaml.ts';
import { joinJapanese } from '../words/japanese.ts';
import type { Language } from '../words/language.ts';
import { shortListText } from '../words/list.ts';
import { alsoAt } from '../words/places.ts';
import { type Whom, whomText } from '../words/whom.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, type Found, key } from './define.ts';
import { readInteger } from './settings.ts';
import { flowWitness } from './witness.ts';

interface Ports {
  readonly direction: Direction;
  readonly whom: Whom;
  readonly ownNamespace: string | undefined;
  /** The protocols of which every port is open. */
  readonly whole: Whole;
  /** The protocol of which the most ports are open, and how many. */
  readonly protocol: string;
  readonly count: number;
  readonly maxPorts: number;
  readonly also: readonly FieldPath[];
}

/** `all-but` where those that are left out are the shorter list; of no protocol there is nothing to say. */
interface Whole {
  readonly list: 'only' | 'all-but';
  readonly protocols: readonly string[];
}

/** A port that nobody thinks of is open all the same: debuggers, metrics, admin pages. */
export const forbidBroadPorts = defineGuardrail({
  name: 'forbid-broad-ports',
  mode: 'warn',
  summary: {
    en: 'No policy opens every port, or more ports than allowed, to peers broader than a single workload.',
    ja: '一つのワークロードより広い相手に、すべてのポートや許容数を超えるポートを開放しないこと。',
  },
  settings: {
    maxPorts: {
      type: 'integer',
      description: 'How many ports of one protocol may be open to a peer that is broader than a workload.',
      default: 1024,
    },
  },
  readSettings: (settings) => ({ maxPorts: readInteger(field(settings, 'maxPorts'), 1024) }),
  keys: {
    'every-port': key<Ports>({
      when: {
        en: 'Every port of TCP, or every protocol, is open to more than a single address or the labelled pods of one namespace.',
        ja: '単一のアドレスや、一つの namespace でラベルにより選択された Pod より広い相手に、TCP の全ポートまたは全プロトコルを開放する場合。',
      },
      en: (ports) => ({
        message: `${connectEn(ports, everyPortText(ports.whole, 'en'))}${alsoAt(ports.also, 'en')}`,
        why: whyEn,
      }),
      ja: (ports) => ({
        message: `${connectJa(ports, everyPortText(ports.whole, 'ja'))}${alsoAt(ports.also, 'ja')}`,
        why: whyJa,
      }),
    }),
    'too-many-ports': key<Ports>({
      when: {
        en: 'More ports of one protocol than the setting are open to more than a single address or the labelled pods of one namespace.',
        ja: '単一のアドレスや、一つの namespace でラベルにより選択された Pod より広い相手に、設定を超える数のポートを開放する場合。',
      },
      coveredBy: ['every-port'],
      en: (ports) => ({
        message: `${connectEn(ports, `${countText(ports.count)} ${ports.protocol} ports`)}; at most ${countText(ports.maxPorts)} may be open${alsoAt(ports.also, 'en')}`,
        why: whyEn,
      }),
      ja: (ports) => ({
        message: `${connectJa(ports, joinJapanese(countText(ports.count), '個の', ports.protocol, 'ポート'))}。上限は ${countText(ports.maxPorts)} 個です${alsoAt(ports.also, 'ja')}`,
        why: whyJa,
      }),
    }),
  },
  check: ({ policy, change, after, cluster }, { maxPorts }, report) => {
    if (policy === undefined || change.operation === 'DELETE') return;
    for (const direction of directions) {
      const { everyPort, tooMany, doubts } = broadPorts(policy, direction, maxPorts, { world: after, cluster });
      if (everyPort !== undefined) report.found('every-port', finding(policy, direction, everyPort, maxPorts, after));
      if (tooMany !== undefined) report.found('too-many-ports', finding(policy, direction, tooMany, maxPorts, after));
      for (const doubt of doubts) report.notChecked(doubt);
    }
  },
});

const whyEn =
  'Ports that nobody thinks of, for debugging, metrics or administration, are open too. List the ports that are used.';
const whyJa =
  'デバッグ、メトリクス、管理用など、意識していないポートも開放されます。実際に使うポートだけを書いてください。';

function connectEn({ direction, whom, ownNamespace }: Ports, ports: string): string {
  const far = whomText(whom, ownNamespace, 'en');
  return direction === 'ingress' ? `${far} may connect to ${ports}` : `these pods may connect to ${far} on ${ports}`;
}

function connectJa({ direction, whom, ownNamespace }: Ports, ports: string): string {
  const far = whomText(whom, ownNamespace, 'ja');
  return direction === 'ingress'
    ? joinJapanese(far, 'から', ports, 'に接続できます')
    : joinJapanese('これらの Pod から', far, 'の', ports, 'に接続できます');
}

function finding(policy: Policy, direction: Direction, open: OpenPorts, maxPorts: number, world: World): Found<Ports> {
  const { addresses, endpoints, traffic, path, also } = open;
  const busiest = busiestProtocol(traffic);
  return {
    path,
    args: {
      direction,
      whom: { addresses, endpoints },
      ownNamespace: policy.ref.namespace,
      whole: wholeProtocols(traffic),
      protocol: protocolName(busiest),
      count: portCount(traffic, busiest),
      maxPorts,
      also,
    },
    fix: () => portsYaml(policy, usedPorts(policy, direction, world)),
    ...(decidesAtAll(policy) ? {} : { atMost: 'warn' as const }),
    witness: flowWitness(policy, direction, someAddress(addresses) ?? somePod(endpoints), traffic, world),
    set: { direction, subject: policy.subject.endpoints, addresses, endpoints, traffic },
  };
}

/** The ports in the YAML of the policy's own kind. */
function portsYaml({ ref }: Policy, ports: ReturnType<typeof usedPorts>): string {
  if (!isWrittenAsCalico(ref)) return `ports: ${flowYaml(ports)}`;
  const protocol = ports[0]?.protocol ?? 'TCP';
  const same = ports.filter((one) => one.protocol === protocol).map(({ port }) => port);
  return `{action: Allow, protocol: ${protocol}, destination: {ports: ${flowYaml(same)}}}`;
}

const protocolCount = 256;

function wholeProtocols(traffic: Traffic): Whole {
  const whole = new Set(protocolsOf(traffic).filter((protocol) => allowsEveryPort(traffic, protocol)));
  if (whole.size <= protocolCount / 2) return { list: 'only', protocols: Array.from(whole, protocolName) };
  const others = Array.from({ length: protocolCount }, (_, protocol) => protocol).filter((one) => !whole.has(one));
  return { list: 'all-but', protocols: others.map(protocolName) };
}

const mostProtocols = 4;

/** `every port`, `every port of TCP`, `every port of every protocol but ICMP`. */
function everyPortText({ list, protocols }: Whole, language: Language): string {
  const names = shortListText(protocols, mostProtocols, language);
  if (protocols.length === 0) return language === 'ja' ? 'すべてのポート' : 'every port';
  if (list === 'only') return language === 'ja' ? joinJapanese(names, 'のすべてのポート') : `every port of ${names}`;
  return language === 'ja'
    ? joinJapanese(names, '以外のすべてのプロトコルのすべてのポート')
    : `every port of every protocol but ${names}`;
}

function somePod(endpoints: OpenPorts['endpoints']): string {
  const [box] = endpoints;
  const [namespace = 'any-namespace'] = (box && namedNamespaces(box)) ?? [];
  return `${namespace}/any-pod`;
}

const mostPorts = 3;

/** The ports that the governed pods of today declare, where somebody connects to them; else one as an example. */
function usedPorts(policy: Policy, direction: Direction, world: World): readonly { protocol: string; port: number }[] {
  const name = policy.ref.namespace;
  const declared = new Map<string, { protocol: string; port: number }>();
  if (name !== undefined && direction === 'ingress') {
    const namespace = world.namespaceOrBare(name);
    const boxes = policy.subject.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
    for (const pod of podsOfToday(world, name)) {
      if (!inAny(boxes, pod)) continue;
      for (const { protocol, port } of pod.namedPorts) {
        declared.set(`${protocol} ${port}`, { protocol: protocolName(protocol), port });
      }
    }
  }
  const ports = [...declared.values()].sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
  return ports.length === 0 ? [{ protocol: 'TCP', port: 8080 }] : ports.slice(0, mostPorts);
}
