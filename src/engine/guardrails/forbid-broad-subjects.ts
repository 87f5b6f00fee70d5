import { admitsFreshPod } from '../breadth/fresh-pod.ts';
import { hostsToo } from '../breadth/hosts-too.ts';
import { type OpenPart, opening, openParts } from '../breadth/opening.ts';
import { setChange } from '../breadth/set-change.ts';
import { reachesExcluded, systemCut } from '../breadth/system-namespaces.ts';
import { asString, dig, isAbsent } from '../json/read.ts';
import { endpointKind } from '../model/attributes.ts';
import { admitsAnyNamespace, admitsBarePod, distinctBoxes, everyPod } from '../model/box-parts.ts';
import type { CheckContext } from '../model/check-context.ts';
import { refName } from '../model/object.ts';
import { decidesAtAll, decidesForPods, directions, type Peer, type Policy, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { podsOfToday } from '../reach/isolation.ts';
import { someAddress } from '../sets/addresses.ts';
import { intersectBoxes, isEmptyBox, type LabelBox, labelIn } from '../sets/labels.ts';
import { TCP, UDP } from '../sets/protocols.ts';
import {
  allowsEveryPort,
  isNoTraffic,
  portTraffic,
  subtractTraffic,
  type Traffic,
  unionAllTraffic,
  unionTraffic,
} from '../sets/traffic.ts';
import { isWrittenAsCalico } from '../words/far-end-yaml.ts';
import { isNobody } from '../words/peer.ts';
import type { Whom } from '../words/whom.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, key, type Report } from './define.ts';
import { flowWitness } from './witness.ts';
import {
  everyNamespaceWords,
  everyPodWords,
  type HostsToo,
  hostsTooWords,
  type OpenToPods,
  type SystemPods,
  systemNamespacesWords,
} from './words/subject.ts';

/** Every pod needs its names resolved. */
const dns = unionTraffic(portTraffic(UDP, 53, 53), portTraffic(TCP, 53, 53));

const keys = {
  'every-pod': key<OpenToPods>({
    skipsPlatform: true,
    when: {
      en: 'An allow rule for other ports than those of DNS applies to every pod of a namespace.',
      ja: 'DNS 以外のポートを許可するルールが、namespace のすべての Pod に適用される場合。',
    },
    en: (open) => everyPodWords(open, 'en'),
    ja: (open) => everyPodWords(open, 'ja'),
  }),
  'every-namespace': key<OpenToPods>({
    skipsPlatform: true,
    when: {
      en: 'An allow rule of a cluster policy, for other ports than those of DNS, applies to pods of every namespace.',
      ja: 'クラスター全体のポリシーで、DNS 以外のポートを許可するルールが、すべての namespace の Pod に適用される場合。',
    },
    en: (open) => everyNamespaceWords(open, 'en'),
    ja: (open) => everyNamespaceWords(open, 'ja'),
  }),
  'hosts-too': key<HostsToo>({
    when: {
      en: 'The selector of a Calico policy that is written for pods reaches host endpoints as well.',
      ja: 'Pod 向けに書かれた Calico ポリシーのセレクターが、HostEndpoint も選択する場合。',
    },
    en: (args) => hostsTooWords(args, 'en'),
    ja: (args) => hostsTooWords(args, 'ja'),
  }),
  'system-namespaces': key<SystemPods>({
    hangsOnWorld: true,
    mode: 'enforce',
    when: {
      en: 'A change of a cluster policy cuts traffic of pods in an excluded namespace that passed before.',
      ja: 'クラスター全体のポリシーの変更により、対象外の namespace の Pod でこれまで通っていた通信が遮断される場合。',
    },
    en: (args) => systemNamespacesWords(args, 'en'),
    ja: (args) => systemNamespacesWords(args, 'ja'),
  }),
};

/** To close every pod is a default deny; to open something for every pod is seldom what is meant. */
export const forbidBroadSubjects = defineGuardrail({
  name: 'forbid-broad-subjects',
  mode: 'warn',
  summary: {
    en: 'No policy opens anything but DNS for every pod of a namespace, or reaches hosts or system namespaces that it is not meant for.',
    ja: 'namespace のすべての Pod に DNS 以外の通信を許可せず、意図しないホストやシステムの namespace に影響を与えないこと。',
  },
  settings: {},
  readSettings: () => undefined,
  keys,
  check: (context, _settings, report) => {
    const { policy, change } = context;
    if (policy !== undefined && change.operation !== 'DELETE') {
      checkOpen(context, policy, report);
      checkHosts(context, policy, report);
    }
    checkSystem(context, report);
  },
});

type Reports = Report<typeof keys>;

/** What is opened for every pod of the subject's namespaces, or for some pods of every namespace that there can be. */
function checkOpen({ after, cluster, change }: CheckContext, policy: Policy, report: Reports): void {
  const { namespace } = policy.ref;
  const isAnywhere = (box: LabelBox) => namespace === undefined && admitsAnyNamespace(box);
  const boxes = policy.subject.endpoints.filter((box) => isOfPods(box) && (admitsBarePod(box) || isAnywhere(box)));
  if (boxes.length === 0 || policy.stage !== 'normal') return;
  const everywhere = boxes.some(isAnywhere) || (namespace === undefined && admitsFreshPod(boxes));
  for (const direction of directions) {
    const open = openParts(policy, direction, dns, { world: after, cluster });
    for (const doubt of open.doubts) report.notChecked(doubt);
    const parts = open.parts.filter(({ peer, traffic }) => !isNobody(peer) && !isNoTraffic(traffic) && !peer.unsure);
    if (parts.length === 0) continue;
    const whom = whomOf(parts);
    const all = unionAllTraffic(parts.map((part) => part.traffic));
    const traffic = subtractTraffic(all, dns);
    const far = someAddress(whom.addresses) ?? 'any-namespace/any-pod';
    report.found(everywhere ? 'every-namespace' : 'every-pod', {
      path: policy.subject.path,
      args: {
        direction,
        pods: namespace === undefined ? { boxes: distinctBoxes(boxes) } : { namespace },
        whom,
        traffic: besidesDns(all),
        today:
          namespace === undefined
            ? everywhere
              ? after.namespaceCount || undefined
              : undefined
            : podCount(after, namespace),
      },
      fix: narrowed(policy, change.object, after),
      ...(decidesAtAll(policy) ? {} : { atMost: 'warn' as const }),
      witness: flowWitness(policy, direction, far, traffic, after),
      set: {
        direction,
        subject: policy.subject.endpoints,
        addresses: whom.addresses,
        endpoints: whom.endpoints,
        items: whom.services ?? [],
        traffic,
      },
    });
  }
}

/** The far ends of all parts. Pods of which it is not known whether they are in a network count as far ends too. */
function whomOf(parts: readonly OpenPart[]): Whom {
  const written = (peer: Peer) => (peer.endpoints === 'any' ? [] : peer.endpoints);
  const { addresses, endpoints } = opening(parts);
  return {
    addresses,
    endpoints: distinctBoxes([
      ...endpoints,
      ...parts.flatMap((part) => (part.endpoints.length > 0 ? [] : written(part.peer))),
    ]),
    services: parts.flatMap(({ peer: { service } }) =>
      service === undefined ? [] : [`${service.namespace ?? '*'}/${service.name}`],
    ),
  };
}

function isOfPods(box: LabelBox): boolean {
  return !isEmptyBox(intersectBoxes(box, everyPod));
}

/** A narrower subject, in the YAML of the policy's own kind. */
function narrowed({ ref }: Policy, object: unknown, world: World): string {
  const { namespace } = ref;
  if (namespace === undefined) {
    const example = flowYaml("kubernetes.io/metadata.name == 'NAMESPACE'");
    return isAbsent(dig(object, 'spec', 'namespaceSelector'))
      ? `namespaceSelector: ${example}`
      : `selector: ${flowYaml("app == 'NAME'")}`;
  }
  const label = someLabel(world, namespace);
  if (!isWrittenAsCalico(ref)) return `podSelector: ${flowYaml({ matchLabels: label })}`;
  const [[name, value] = ['app', 'NAME']] = Object.entries(label);
  return `selector: ${flowYaml(`${name} == '${value}'`)}`;
}

const hostEndpoints = labelIn(endpointKind, ['HostEndpoint']);

/** Hosts that a policy of pods decides about. */
function checkHosts({ after, change }: CheckContext, policy: Policy, report: Reports): void {
  const boxes = hostsToo(policy);
  if (boxes.length === 0) return;
  const hosts = boxes.map((box) => intersectBoxes(box, hostEndpoints));
  report.found('hosts-too', {
    path: policy.subject.path,
    args: { today: after.knows('HostEndpoint.projectcalico.org') ? after.hostsIn(hosts).length : undefined },
    fix: podsOnly(change.object),
    ...(decidesAtAll(policy) ? {} : { atMost: 'warn' as const }),
    set: { subject: hosts },
  });
}

/** Pods are in a namespace, and hosts are not. */
function podsOnly(object: unknown): string {
  if (isAbsent(dig(object, 'spec', 'namespaceSelector'))) return 'namespaceSelector: all()';
  const selector = asString(dig(object, 'spec', 'selector'));
  const inNamespace = 'has(projectcalico.org/namespace)';
  return `selector: ${flowYaml(selector === undefined || selector === '' ? inNamespace : `${inNamespace} && (${selector})`)}`;
}

/** Whom the change cuts off in namespaces that nobody watches over. */
function checkSystem(context: CheckContext, report: Reports): void {
  const { policy, oldPolicy, change } = context;
  checkSystemSets(context, report);
  const now = policy ?? oldPolicy;
  if (
    now === undefined ||
    now.ref.namespace !== undefined ||
    ![policy, oldPolicy].some((one) => one && decidesForPods(one))
  )
    return;
  const {
    namespaces,
    directions: ways,
    complete,
  } = systemCut(context, policy === undefined ? [] : [policy], oldPolicy);
  if (!complete) report.notChecked('work-cap');
  if (namespaces.length === 0) return;
  report.found('system-namespaces', {
    path: isAbsent(dig(change.object, 'spec', 'namespaceSelector')) ? now.subject.path : ['spec', 'namespaceSelector'],
    args: { directions: ways, namespaces, policies: [] },
    fix: change.operation === 'DELETE' ? undefined : withoutNamespaces(change.object, namespaces),
    // What is taken down step by step must be able to go.
    ...(change.operation === 'DELETE' ? { atMost: 'warn' as const } : {}),
  });
}

/** So many policies that deny a set to pods of the platform are looked at. */
const mostDenying = 20;

/** Whom a set cuts off through the rules that deny it. */
function checkSystemSets(context: CheckContext, report: Reports): void {
  const sets = setChange(context);
  const denying = (sets?.policies ?? []).filter(
    (policy) => policy.ref.namespace === undefined && decidesForPods(policy) && deniesSets(policy),
  );
  if (sets === undefined || denying.length === 0) return;
  const reaching = denying.filter((policy) => reachesExcluded(context, policy));
  const { namespaces, directions: ways, complete } = systemCut(context, reaching.slice(0, mostDenying), undefined);
  if (!complete || reaching.length > mostDenying) report.notChecked('work-cap');
  if (namespaces.length === 0) return;
  report.found('system-namespaces', {
    path: sets.path,
    args: { directions: ways, namespaces, policies: denying.map(({ ref }) => refName(ref)) },
    ...(context.change.operation === 'DELETE' ? { atMost: 'warn' as const } : {}),
  });
}

function deniesSets(policy: Policy): boolean {
  return directions.some((direction) => ruleList(policy, direction).rules.some(({ action }) => action === 'deny'));
}

/** The namespaceSelector, with these namespaces left out, and everything that is in none. */
function withoutNamespaces(object: unknown, names: readonly string[]): string {
  const written = asString(dig(object, 'spec', 'namespaceSelector')) ?? '';
  const others = `projectcalico.org/name not in {${names.map((name) => `'${name}'`).join(', ')}}`;
  const isAll = written === '' || written === 'all()';
  const kept = isAll ? 'has(projectcalico.org/name)' : `has(projectcalico.org/name) && (${written})`;
  return `namespaceSelector: ${flowYaml(`${kept} && ${others}`)}`;
}

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
