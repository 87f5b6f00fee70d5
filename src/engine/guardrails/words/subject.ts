import type { Direction } from '../../model/policy.ts';
import type { LabelBox } from '../../sets/labels.ts';
import type { Traffic } from '../../sets/traffic.ts';
import { boxesText } from '../../words/box.ts';
import { countText } from '../../words/count.ts';
import { joinJapanese } from '../../words/japanese.ts';
import type { Language } from '../../words/language.ts';
import { listText, shortListText } from '../../words/list.ts';
import { trafficText } from '../../words/traffic.ts';
import { type Whom, whomText } from '../../words/whom.ts';
import type { Words } from '../define.ts';

/** Something that is open to, or from, all pods of one or more namespaces. */
export interface OpenToPods {
  readonly direction: Direction;
  /** Whose pods they are: the namespace of the policy, or the boxes of a cluster policy. */
  readonly pods: { readonly namespace: string } | { readonly boxes: readonly LabelBox[] };
  readonly whom: Whom;
  readonly traffic: Traffic;
  /** Pods, or namespaces, of today; undefined where the World does not know. */
  readonly today: number | undefined;
}

const whyOfPods = {
  en: 'Pods that come later are opened as well, whatever they are. Select only the pods that need it.',
  ja: '後から作られる Pod にも、その種類を問わず許可されます。必要な Pod だけを選択してください。',
};

export function everyPodWords(open: OpenToPods, language: Language): Words {
  return { message: openMessage(open, podsText(open, language), language), why: whyOfPods[language] };
}

const whyOfNamespaces = {
  en: 'Namespaces that come later are opened as well, whatever runs there. Select only those that need it.',
  ja: '今後作られる namespace にも、用途を問わず許可されます。必要な namespace だけを選択してください。',
};

export function everyNamespaceWords(open: OpenToPods, language: Language): Words {
  const { today } = open;
  const whose = 'boxes' in open.pods ? boxesText(open.pods.boxes, undefined, language) : open.pods.namespace;
  const now =
    today === undefined
      ? ''
      : language === 'ja'
        ? `(namespace は現在 ${countText(today)} 個)`
        : ` (${countText(today)} namespaces today)`;
  return { message: openMessage(open, whose + now, language), why: whyOfNamespaces[language] };
}

function podsText({ pods, today }: OpenToPods, language: Language): string {
  const now =
    today === undefined ? '' : language === 'ja' ? `(現在 ${countText(today)} 個)` : ` (${countText(today)} today)`;
  if ('boxes' in pods) return boxesText(pods.boxes, undefined, language) + now;
  return language === 'ja'
    ? `${joinJapanese('namespace', pods.namespace, 'のすべての Pod')}${now}`
    : `every pod of namespace ${pods.namespace}${now}`;
}

function openMessage({ direction, pods, whom, traffic }: OpenToPods, near: string, language: Language): string {
  const far = whomText(whom, 'namespace' in pods ? pods.namespace : undefined, language);
  const [from, to] = direction === 'ingress' ? [far, near] : [near, far];
  return language === 'ja'
    ? `${joinJapanese(from, 'から', to, 'に接続できます')}: ${trafficText(traffic, 'ja')}`
    : `${from} may connect to ${to}: ${trafficText(traffic, 'en')}`;
}

export interface HostsToo {
  /** Host endpoints of today; undefined where the World does not know. */
  readonly today: number | undefined;
}

export function hostsTooWords({ today }: HostsToo, language: Language): Words {
  if (language === 'ja') {
    const now = today === undefined ? '' : `(現在 ${countText(today)} 個)`;
    return {
      message: `セレクターが HostEndpoint も選択するため${now}、Pod 向けのルールがノード自身の通信にも適用されます`,
      why: '選択されたノードでは、ルールにない通信がフェイルセーフポートを除いてすべて拒否されます。',
    };
  }
  const now = today === undefined ? '' : `, ${countText(today)} today`;
  return {
    message: `host endpoints are selected as well${now}: rules that read as if for pods decide about the traffic of nodes`,
    why: 'A node that is selected drops whatever no rule lists, the failsafe ports aside.',
  };
}

export interface SystemPods {
  readonly directions: readonly Direction[];
  readonly namespaces: readonly string[];
  /** The policies through which it comes, where the change is of what they look at. */
  readonly policies: readonly string[];
}

const mostNamed = 3;

export function systemNamespacesWords({ directions, namespaces, policies }: SystemPods, language: Language): Words {
  const names = shortListText(namespaces, mostNamed, language);
  if (language === 'ja') {
    const ways = listText(
      directions.map((one) => (one === 'ingress' ? '受信' : '送信')),
      'ja',
    );
    const through = policies.length === 0 ? '' : joinJapanese(shortListText(policies, mostNamed, 'ja'), 'により、');
    return {
      message: `${joinJapanese(through, 'システムの namespace(')}${names})の Pod がこれまで行えていた${ways}が遮断されます`,
      why: 'DNS、CNI、各種コントローラーが動作する namespace です。ポリシーに選択されると、ルールにない通信はすべて拒否されます。',
    };
  }
  const through = policies.length === 0 ? '' : `through ${shortListText(policies, mostNamed, 'en')}, `;
  const whose =
    namespaces.length === 1 ? `system namespace ${names}` : `${namespaces.length} system namespaces (${names})`;
  return {
    message: `${through}pods of ${whose} lose ${listText(directions, 'en')} that passed before`,
    why: 'DNS, the network plugin and controllers run there. Once a policy selects them, what no rule lists is dropped.',
  };
}
