import type { FieldPath } from '../json/path.ts';
import { valueAt } from '../json/value-at.ts';
import type { DnsServer } from '../model/cluster-facts.ts';
import { withinNamespace } from '../model/governing.ts';
import type { World } from '../model/world.ts';
import { type DnsDoubt, dnsReach } from '../reach/dns.ts';
import { inAny, isolated, leftOpen, podsOfToday } from '../reach/isolation.ts';
import { intersectBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import { countText } from '../words/count.ts';
import { joinJapanese } from '../words/japanese.ts';
import { podsText } from '../words/pods.ts';
import { flowYaml } from '../words/yaml.ts';
import type { CheckContext } from './context.ts';
import { defineGuardrail, key } from './define.ts';

interface Cut {
  readonly namespace: string;
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
      when: {
        en: 'Pods can reach the cluster DNS before the change, and not after it.',
        ja: '変更前は到達できたクラスターの DNS に、変更後は到達できない Pod がある場合。',
      },
      en: (cut) => ({
        message: `in namespace ${cut.namespace}, ${podsEn(cut)} could no longer look up names: no policy lets them reach the cluster DNS`,
        why: 'Look-ups would time out, which looks like a random outage and not like a policy.',
      }),
      ja: (cut) => ({
        message: `namespace ${cut.namespace} では、${podsJa(cut, 'が名前解決できなくなります')}。クラスターの DNS への通信がどのポリシーでも許可されていません`,
        why: '名前解決がタイムアウトします。ポリシーが原因とは気付きにくい、不規則な障害に見えます。',
      }),
    }),
    'dns-tcp-cut': key<Cut>({
      coveredBy: ['dns-cut'],
      when: {
        en: 'After the change, pods can reach the cluster DNS over UDP only.',
        ja: '変更後、クラスターの DNS に UDP でしか到達できない Pod がある場合。',
      },
      en: (cut) => ({
        message: `in namespace ${cut.namespace}, ${podsEn(cut)} could reach the cluster DNS over UDP only`,
        why: 'Answers that do not fit in one datagram are asked for again over TCP, so large ones would fail.',
      }),
      ja: (cut) => ({
        message: `namespace ${cut.namespace} では、${podsJa(cut, 'が UDP でしかクラスターの DNS に到達できなくなります')}`,
        why: '大きな応答は TCP で取り直されるため、その名前解決だけが失敗します。',
      }),
    }),
  },
  check: (context, _settings, report) => {
    const name = context.change.ref.namespace;
    const judged = context.policy ?? context.oldPolicy;
    if (name === undefined || judged === undefined || !judged.enforced) return;
    // A policy that has nothing to do with egress, before or after, takes nobody's DNS.
    if (context.policy?.egress.applies !== true && context.oldPolicy?.egress.applies !== true) return;
    if (context.after.origin === 'none') {
      report.notChecked('no-policies');
      return;
    }
    const before = cutIn(context, context.before, name);
    const after = cutIn(context, context.after, name);
    if (before === undefined || after === undefined) {
      report.notChecked('work-cap');
      return;
    }
    const own = ownBoxes(context, name);
    const udp = newlyCut(after.udp, before.udp, own);
    const tcp = subtractAll(newlyCut(after.tcp, before.tcp, own), after.udp);
    for (const [found, boxes] of [
      ['dns-cut', udp],
      ['dns-tcp-cut', tcp],
    ] as const) {
      if (boxes.length === 0) continue;
      report.found(found, {
        path: pathOf(context),
        args: {
          namespace: name,
          pods: boxes,
          today: context.after.knowsPodsOf(name)
            ? podsOfToday(context.after, name).reduce((sum, pod) => sum + (inAny(boxes, pod) ? pod.count : 0), 0)
            : undefined,
        },
        fix: fixFor(context.cluster.dns[0]),
        witness: {
          from: `${name}/*`,
          to: serverName(context.cluster.dns[0]),
          protocol: found === 'dns-cut' ? 'UDP' : 'TCP',
          port: 53,
        },
      });
    }
    // A rule that may lead to the DNS counts as one that does; where everything hangs on it, that is said.
    const ifNot = [...newlyCut(after.ifNot.udp, before.udp, own), ...newlyCut(after.ifNot.tcp, before.tcp, own)];
    if (udp.length + tcp.length === 0 && ifNot.length > 0) for (const reason of after.doubts) report.notChecked(reason);
  },
});

/** Where egress is written, else where it is asked for. */
function pathOf({ policy, change }: CheckContext): FieldPath {
  if (policy === undefined) return ['spec'];
  return valueAt(change.object, ['spec', 'egress']) === undefined ? ['spec', 'policyTypes'] : ['spec', 'egress'];
}

interface CutPods extends Cuts {
  /** The same, if no rule led to the DNS of which that is not certain. */
  readonly ifNot: Cuts;
  readonly doubts: readonly DnsDoubt[];
}

interface Cuts {
  readonly udp: readonly LabelBox[];
  readonly tcp: readonly LabelBox[];
}

/** The pods of a namespace whose egress is isolated and that nothing lets reach the DNS. */
function cutIn(context: CheckContext, world: World, name: string): CutPods | undefined {
  const closed = isolated(world, name, 'egress');
  const nobody = { udp: [], tcp: [] };
  if (closed.length === 0) return { ...nobody, ifNot: nobody, doubts: [] };
  const reach = dnsReach(world, name, context.cluster.dns, context.enforcer);
  const cut = (open: readonly LabelBox[]) => closed.map((box) => leftOpen(open, box));
  const [udp, tcp, udpIfNot, tcpIfNot] = [reach.udp, reach.tcp, reach.certain.udp, reach.certain.tcp].map(cut);
  if ([udp, tcp, udpIfNot, tcpIfNot].some((boxes) => boxes === undefined || boxes.includes(undefined)))
    return undefined;
  const flat = (boxes: ReturnType<typeof cut> | undefined) => (boxes ?? []).flatMap((one) => one ?? []);
  return { udp: flat(udp), tcp: flat(tcp), ifNot: { udp: flat(udpIfNot), tcp: flat(tcpIfNot) }, doubts: reach.doubts };
}

/** The pods whose egress the policy governs, before or after. */
function ownBoxes({ policy, oldPolicy, after }: CheckContext, name: string): readonly LabelBox[] {
  const namespace = after.namespaceOrBare(name);
  return [policy, oldPolicy].flatMap((one) =>
    one?.egress.applies === true ? one.subject.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []) : [],
  );
}

function newlyCut(
  after: readonly LabelBox[],
  before: readonly LabelBox[],
  own: readonly LabelBox[],
): readonly LabelBox[] {
  const mine = after.flatMap((box) => own.map((one) => intersectBoxes(box, one))).filter((box) => !isEmptyBox(box));
  return subtractAll(mine, before);
}

function subtractAll(boxes: readonly LabelBox[], gone: readonly LabelBox[]): readonly LabelBox[] {
  return boxes.flatMap((box) => leftOpen(gone, box) ?? [box]);
}

function serverName(server: DnsServer | undefined): string {
  return server !== undefined && 'namespace' in server ? `${server.namespace}/*` : 'DNS';
}

function fixFor(server: DnsServer | undefined): string {
  const ports = '[{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]';
  const to =
    server !== undefined && 'namespace' in server
      ? `[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${server.namespace}}}, podSelector: {matchLabels: ${flowYaml(Object.fromEntries(server.podLabels))}}}]`
      : '[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]';
  return `egress: [{to: ${to}, ports: ${ports}}]`;
}
