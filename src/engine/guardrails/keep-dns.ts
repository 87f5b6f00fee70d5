import { setChange } from '../breadth/set-change.ts';
import type { FieldPath } from '../json/path.ts';
import { valueAt } from '../json/value-at.ts';
import { distinctBoxes } from '../model/box-parts.ts';
import { isNamespaceChange } from '../model/change.ts';
import type { CheckContext } from '../model/check-context.ts';
import type { DnsServer } from '../model/cluster-facts.ts';
import type { Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { dnsReach } from '../reach/dns.ts';
import type { DnsDoubt } from '../reach/dns-leads.ts';
import { inAny, leftPods, podsOfToday } from '../reach/isolation.ts';
import { keepsDns } from '../reach/makes-no-difference.ts';
import type { Budget } from '../reach/pod-fold.ts';
import { type Scope, scopeOf, scopeOfSet } from '../reach/scope.ts';
import type { LabelBox } from '../sets/labels.ts';
import { countText } from '../words/count.ts';
import { joinJapanese } from '../words/japanese.ts';
import { podsText } from '../words/pods.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, key } from './define.ts';
import { type Places, placesText } from './words/default-deny.ts';

interface Cut extends Places {
  /** The pods cut off, by their own labels. */
  readonly pods: readonly LabelBox[];
  /** How many of them run today; undefined where the World does not know. */
  readonly today: number | undefined;
}

const podsEn = ({ pods, today }: Cut) =>
  `${podsText(pods, 'en')}${today === undefined ? '' : ` (${countText(today)} today)`}`;
const podsJa = ({ pods, today }: Cut, then: string) =>
  joinJapanese(podsText(pods, 'ja'), today === undefined ? '' : `(現在 ${countText(today)} 個)`, then);

/** A pod that may talk to a database and cannot look up its name looks broken, not guarded. */
export const keepDns = defineGuardrail({
  name: 'keep-dns',
  mode: 'warn',
  summary: {
    en: 'Pods whose egress becomes isolated can still reach the cluster DNS on UDP and TCP 53.',
    ja: '送信が隔離された Pod も、UDP と TCP の 53 番でクラスターの DNS に到達できること。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    'dns-cut': key<Cut>({
      hangsOnWorld: true,
      when: {
        en: 'Pods can reach the cluster DNS before the change, and not after it.',
        ja: '変更前は到達できたクラスターの DNS に、変更後は到達できない Pod がある場合。',
      },
      en: (cut) => ({
        message: `in ${placesText(cut, 'en')}, ${podsEn(cut)} could no longer look up names: no policy lets them reach the cluster DNS`,
        why: 'Look-ups would time out, which looks like a random outage and not like a policy.',
      }),
      ja: (cut) => ({
        message: `${joinJapanese(placesText(cut, 'ja'), 'では、', podsJa(cut, 'が名前解決できなくなります'))}。クラスターの DNS への通信がどのポリシーでも許可されていません`,
        why: '名前解決がタイムアウトします。ポリシーが原因とは気付きにくい、不規則な障害に見えます。',
      }),
    }),
    'dns-tcp-cut': key<Cut>({
      hangsOnWorld: true,
      coveredBy: ['dns-cut'],
      when: {
        en: 'After the change, pods can reach the cluster DNS over UDP only.',
        ja: '変更後、クラスターの DNS に UDP でしか到達できない Pod がある場合。',
      },
      en: (cut) => ({
        message: `in ${placesText(cut, 'en')}, ${podsEn(cut)} could reach the cluster DNS over UDP only`,
        why: 'Answers that do not fit in one datagram are asked for again over TCP, so large ones would fail.',
      }),
      ja: (cut) => ({
        message: joinJapanese(
          placesText(cut, 'ja'),
          'では、',
          podsJa(cut, 'が UDP でしかクラスターの DNS に到達できなくなります'),
        ),
        why: '大きな応答は TCP で取り直されるため、その名前解決だけが失敗します。',
      }),
    }),
  },
  check: (context, _settings, report) => {
    const { policy, oldPolicy } = context;
    // A policy that comes with the set is asked about by itself.
    const isAsked = ({ ref, egress }: Policy) => egress.applies && context.before.policy(ref) !== undefined;
    const sets = isNamespaceChange(context.change) ? undefined : setChange(context);
    const scope = sets === undefined ? scopeOf(context) : scopeOfSet(context, sets.policies.filter(isAsked));
    if (scope === undefined) return;
    // A policy that has nothing to do with egress, before or after, takes nobody's DNS.
    if ((policy ?? oldPolicy) !== undefined && policy?.egress.applies !== true && oldPolicy?.egress.applies !== true)
      return;
    if (context.after.origin === 'none') {
      report.notChecked('no-policies');
      return;
    }
    if (keepsDns(context, scope.within)) return;
    const budget: Budget = { left: mostWork };
    const found: (CutPods & { readonly namespace: string })[] = [];
    let complete = true;
    for (const namespace of scope.namespaces()) {
      const cut = cutIn(context, scope, namespace, budget);
      if (cut === undefined) complete = false;
      else found.push({ ...cut, namespace });
      if (budget.left < 0) {
        complete = false;
        break;
      }
    }
    const server = context.cluster.dns[0];
    for (const [name, boxesOf] of [
      ['dns-cut', (one: CutPods) => one.udp],
      ['dns-tcp-cut', (one: CutPods) => one.tcp],
    ] as const) {
      const cut = found.filter((one) => boxesOf(one).length > 0);
      const [first] = cut;
      if (first === undefined) continue;
      const counts = cut.map((one) => countToday(context.after, one.namespace, boxesOf(one)));
      report.found(name, {
        path: sets?.path ?? pathOf(context, scope),
        args: {
          namespaces: cut.map(({ namespace }) => namespace).sort(),
          more: !complete,
          pods: boxesOf(first),
          today: counts.reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count), 0),
        },
        fix:
          scope.change === 'policy' || scope.change === 'cluster-policy'
            ? fixFor(server, context.change.ref.group)
            : undefined,
        witness: {
          from: `${first.namespace}/*`,
          to: serverName(server),
          protocol: name === 'dns-cut' ? 'UDP' : 'TCP',
          port: 53,
        },
      });
    }
    if (!complete) report.notChecked('work-cap');
    // A rule that may lead to the DNS counts as one that does; where everything hangs on it, that is said.
    for (const one of found) {
      if (one.udp.length + one.tcp.length === 0) for (const reason of one.doubts) report.notChecked(reason);
    }
  },
});

const mostWork = 20_000;

function countToday(world: World, namespace: string, boxes: readonly LabelBox[]): number | undefined {
  if (!world.knowsPodsOf(namespace)) return undefined;
  return podsOfToday(world, namespace).reduce((sum, pod) => sum + (inAny(boxes, pod, world) ? pod.count : 0), 0);
}

/** Where egress is written, else where it is asked for. */
function pathOf({ policy, change }: CheckContext, scope: Scope): FieldPath {
  if (scope.change === 'namespace') return ['metadata', 'labels'];
  if (policy === undefined) return ['spec'];
  if (valueAt(change.object, ['spec', 'egress']) !== undefined) return ['spec', 'egress'];
  const types = change.ref.group === kubernetes ? 'policyTypes' : 'types';
  return valueAt(change.object, ['spec', types]) === undefined ? ['spec'] : ['spec', types];
}

interface CutPods {
  readonly udp: readonly LabelBox[];
  /** Those that reach it over UDP. */
  readonly tcp: readonly LabelBox[];
  /** What everything hangs on where nobody is cut for certain. */
  readonly doubts: readonly DnsDoubt[];
}

/** The pods of a namespace, of those that the change concerns, that reach the DNS before it and not after it. */
function cutIn(context: CheckContext, scope: Scope, name: string, budget: Budget): CutPods | undefined {
  const { before, after, enforcer, cluster } = context;
  const settings = { servers: cluster.dns, enforcer, podAddresses: cluster.podAddresses };
  const pods = disjoint(scope.touched(name, 'egress'));
  if (pods === undefined) return undefined;
  if (pods.length === 0) return { udp: [], tcp: [], doubts: [] };
  const now = dnsReach(after, name, pods, settings, budget);
  if (now === undefined) return undefined;
  const closed = (reach: readonly LabelBox[]) => takeAway(pods, reach);
  const isOpen = [now.certain.udp, now.certain.tcp].every((reach) => closed(reach)?.length === 0);
  if (isOpen) return { udp: [], tcp: [], doubts: [] };
  const then = dnsReach(before, name, pods, settings, budget);
  if (then === undefined) return undefined;
  const newly = (reach: readonly LabelBox[], old: readonly LabelBox[]) => {
    const shut = closed(reach);
    const shutBefore = closed(old);
    return shut === undefined || shutBefore === undefined ? undefined : takeAway(shut, shutBefore);
  };
  const udp = newly(now.udp, then.udp);
  const tcpOrUdp = newly(now.tcp, then.tcp);
  const shutOfUdp = closed(now.udp);
  const tcp = tcpOrUdp === undefined || shutOfUdp === undefined ? undefined : takeAway(tcpOrUdp, shutOfUdp);
  if (udp === undefined || tcp === undefined) return undefined;
  const ifNot = [newly(now.certain.udp, then.udp), newly(now.certain.tcp, then.tcp)];
  if (ifNot.includes(undefined)) return undefined;
  return { udp, tcp, doubts: ifNot.some((boxes) => boxes !== undefined && boxes.length > 0) ? now.doubts : [] };
}

function disjoint(boxes: readonly LabelBox[]): readonly LabelBox[] | undefined {
  const found: LabelBox[] = [];
  for (const box of distinctBoxes(boxes)) {
    const left = leftPods(found, box);
    if (left === undefined) return undefined;
    found.push(...left);
  }
  return found;
}

function takeAway(boxes: readonly LabelBox[], gone: readonly LabelBox[]): readonly LabelBox[] | undefined {
  const left: LabelBox[] = [];
  for (const box of boxes) {
    const rest = leftPods(gone, box);
    if (rest === undefined) return undefined;
    left.push(...rest);
  }
  return left;
}

function serverName(server: DnsServer | undefined): string {
  return server !== undefined && 'namespace' in server ? `${server.namespace}/*` : 'DNS';
}

const kubernetes = 'networking.k8s.io';

function fixFor(server: DnsServer | undefined, group: string): string {
  if (group !== kubernetes) return calicoFix(server);
  const ports = '[{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]';
  const to =
    server !== undefined && 'namespace' in server
      ? `[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${server.namespace}}}, podSelector: {matchLabels: ${flowYaml(Object.fromEntries(server.podLabels))}}}]`
      : '[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]';
  return `egress: [{to: ${to}, ports: ${ports}}]`;
}

function calicoFix(server: DnsServer | undefined): string {
  const known = server !== undefined && 'namespace' in server ? server : undefined;
  const labels = [...(known?.podLabels ?? [])].map(([label, value]) => `${label} == "${value}"`).join(' && ');
  const selector = labels === '' ? '' : `, selector: '${labels}'`;
  const destination = `{namespaceSelector: 'projectcalico.org/name == "${known?.namespace ?? 'kube-system'}"'${selector}, ports: [53]}`;
  const rule = (protocol: string) => `{action: Allow, protocol: ${protocol}, destination: ${destination}}`;
  return `egress: [${rule('UDP')}, ${rule('TCP')}]`;
}
