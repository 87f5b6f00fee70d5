import { openParts } from '../breadth/opening.ts';
import { admitsBarePod, distinctBoxes, everyPod } from '../model/box-parts.ts';
import { type Direction, directions, isEveryone } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { podsOfToday } from '../reach/isolation.ts';
import { someAddress, unionAllAddresses } from '../sets/addresses.ts';
import { TCP, UDP } from '../sets/protocols.ts';
import {
  allowsEveryPort,
  portTraffic,
  subtractTraffic,
  type Traffic,
  unionAllTraffic,
  unionTraffic,
} from '../sets/traffic.ts';
import { countText } from '../words/count.ts';
import { joinJapanese } from '../words/japanese.ts';
import { isNobody } from '../words/peer.ts';
import { trafficText } from '../words/traffic.ts';
import { type Whom, whomText } from '../words/whom.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, key } from './define.ts';
import { flowWitness } from './witness.ts';

interface EveryPod {
  readonly direction: Direction;
  readonly namespace: string;
  readonly whom: Whom;
  readonly traffic: Traffic;
  /** Pods of today; undefined where the World does not know. */
  readonly today: number | undefined;
}

const todayEn = ({ today }: EveryPod) => (today === undefined ? '' : ` (${countText(today)} today)`);
const todayJa = ({ today }: EveryPod) => (today === undefined ? '' : `(現在 ${countText(today)} 個)`);

/** Every pod needs its names resolved. */
const dns = unionTraffic(portTraffic(UDP, 53, 53), portTraffic(TCP, 53, 53));

/** To close every pod is a default deny; to open something for every pod is seldom what is meant. */
export const forbidBroadSubjects = defineGuardrail({
  name: 'forbid-broad-subjects',
  mode: 'warn',
  summary: {
    en: 'No policy opens anything but DNS for every pod of a namespace.',
    ja: 'namespace のすべての Pod に対して、DNS 以外の通信を許可しないこと。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    'every-pod': key<EveryPod>({
      skipsPlatform: true,
      when: {
        en: 'An allow rule for other ports than those of DNS applies to every pod of a namespace.',
        ja: 'DNS 以外のポートを許可するルールが、namespace のすべての Pod に適用される場合。',
      },
      en: (open) => {
        const pods = `every pod of namespace ${open.namespace}${todayEn(open)}`;
        const far = whomText(open.whom, open.namespace, 'en');
        const ends = open.direction === 'ingress' ? `${far} may connect to ${pods}` : `${pods} may connect to ${far}`;
        return {
          message: `${ends}: ${trafficText(open.traffic, 'en')}`,
          why: 'Pods that come later are opened as well, whatever they are. Select only the pods that need it.',
        };
      },
      ja: (open) => {
        const pods = `${joinJapanese('namespace', open.namespace, 'のすべての Pod')}${todayJa(open)}`;
        const far = whomText(open.whom, open.namespace, 'ja');
        const [from, to] = open.direction === 'ingress' ? [far, pods] : [pods, far];
        return {
          message: `${joinJapanese(from, 'から', to, 'に接続できます')}: ${trafficText(open.traffic, 'ja')}`,
          why: '後から作られる Pod にも、その種類を問わず許可されます。必要な Pod だけを選択してください。',
        };
      },
    }),
  },
  check: ({ policy, change, after }, _settings, report) => {
    if (policy === undefined || change.operation === 'DELETE') return;
    const { namespace } = policy.ref;
    if (namespace === undefined || !policy.subject.endpoints.some(admitsBarePod)) return;
    for (const direction of directions) {
      const parts = openParts(policy, direction, dns).filter(({ peer }) => !isNobody(peer));
      if (parts.length === 0) continue;
      const whom: Whom = {
        addresses: unionAllAddresses(parts.map((part) => part.addresses)),
        endpoints: distinctBoxes(parts.flatMap(({ peer, endpoints }) => (isEveryone(peer) ? [everyPod] : endpoints))),
      };
      const open = unionAllTraffic(parts.map(({ rule }) => rule.traffic));
      const traffic = subtractTraffic(open, dns);
      const far = someAddress(whom.addresses) ?? 'any-namespace/any-pod';
      report.found('every-pod', {
        path: policy.subject.path,
        args: { direction, namespace, whom, traffic: besidesDns(open), today: podCount(after, namespace) },
        fix: () => `podSelector: ${flowYaml({ matchLabels: someLabel(after, namespace) })}`,
        witness: flowWitness(policy, direction, far, traffic, after),
        set: { direction, subject: policy.subject.endpoints, ...whom, traffic },
      });
    }
  },
});

/** What is told of: a protocol that is open as a whole stays whole, as ports around a hole would say less. */
function besidesDns(traffic: Traffic): Traffic {
  return [TCP, UDP].some((protocol) => allowsEveryPort(traffic, protocol)) ? traffic : subtractTraffic(traffic, dns);
}

function podCount(world: World, namespace: string): number | undefined {
  if (!world.knowsPodsOf(namespace)) return undefined;
  return podsOfToday(world, namespace).reduce((sum, pod) => sum + pod.count, 0);
}

/** By which pods are told apart, the usual ones first. */
const nameLabels: readonly string[] = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name'];

/** A label that some pod of today carries, to show how one workload is selected. */
function someLabel(world: World, namespace: string): Readonly<Record<string, string>> {
  const pods = podsOfToday(world, namespace);
  for (const label of nameLabels) {
    const [value] = pods.flatMap((pod) => pod.labels.get(label) ?? []).sort();
    if (value !== undefined) return { [label]: value };
  }
  return { app: 'NAME' };
}
