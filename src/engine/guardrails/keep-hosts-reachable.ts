import type { FieldPath } from '../json/path.ts';
import { field } from '../json/read.ts';
import { valueAt } from '../json/value-at.ts';
import type { CheckContext } from '../model/check-context.ts';
import { defaultAllowProfile } from '../model/host-endpoint.ts';
import {
  type Cut,
  type Dropped,
  type Forwarded,
  findHostFaults,
  type HostFaults,
  type Missing,
  type OneWay,
  type Undecided,
} from '../reach/host/faults.ts';
import { addressCidrs } from '../sets/addresses.ts';
import { protocolName } from '../sets/traffic.ts';
import { addressesText } from '../words/addresses.ts';
import { joinJapanese } from '../words/japanese.ts';
import { trafficText } from '../words/traffic.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, key } from './define.ts';
import { usualFailsafe } from './failsafe/usual.ts';
import { readHostFlows } from './settings.ts';
import { directionsText, dropperText, flowsText, hostsText } from './words/host.ts';

const usual = [
  ...usualFailsafe.inbound.map((port) => ({ direction: 'Ingress', ...port })),
  { direction: 'Ingress', protocol: 'TCP', port: 10250, net: 'nodes' },
  ...usualFailsafe.outbound.map((port) => ({ direction: 'Egress', ...port })),
];

const cutEn =
  'Without it the cluster cannot run or mend this node, and the way to undo the change may be closed with it. Allow it first, in an earlier policy or rule.';
const cutJa =
  'この通信がないと、クラスターがノードを管理できず、変更を元に戻す経路も閉じるおそれがあります。先に、より優先されるポリシーやルールで許可してください。';

const cutWords = (cut: Cut) => ({
  en: `${hostsText(cut.hosts, 'en')} would drop ${flowsText(cut.flows, cut.direction, cut.addresses, 'en')}: ${dropperText(cut.decider, 'en')}`,
  ja: `${joinJapanese(hostsText(cut.hosts, 'ja'), 'が', flowsText(cut.flows, cut.direction, cut.addresses, 'ja'), 'の通信を破棄します')}: ${dropperText(cut.decider, 'ja')}`,
});

/** A mistake in a policy of hosts takes the nodes away from the cluster, and the API server from whoever would mend it. */
export const keepHostsReachable = defineGuardrail({
  name: 'keep-hosts-reachable',
  mode: 'enforce',
  summary: {
    en: 'Each host endpoint keeps passing the flows that its node needs, at every stage at which Calico may drop them.',
    ja: 'Calico が通信を破棄しうるすべての段階で、ノードに必要な通信が各 HostEndpoint を通過し続けること。',
  },
  settings: {
    flows: {
      type: 'hostFlows',
      description: 'The flows of a node that must keep passing. The word nodes as a net is every node of the cluster.',
      default: usual,
    },
  },
  readSettings: (settings) => ({ flows: readHostFlows(field(settings, 'flows'), usual) }),
  keys: {
    'cut-off': key<Cut>({
      hangsOnWorld: true,
      when: {
        en: 'A required flow passed a host endpoint before the change, and is dropped after it, at whatever stage.',
        ja: '変更前は HostEndpoint を通過した必要な通信が、変更後はいずれかの段階で破棄される場合。',
      },
      en: (cut) => ({ message: cutWords(cut).en, why: cutEn }),
      ja: (cut) => ({ message: cutWords(cut).ja, why: cutJa }),
    }),
    'no-policy-no-profile': key<Undecided>({
      hangsOnWorld: true,
      when: {
        en: 'Through the change a host endpoint has no policy in some direction, and no profile: it drops everything but the failsafe ports.',
        ja: '変更により、HostEndpoint にある方向のポリシーもプロファイルもなくなり、フェイルセーフポート以外のすべてが破棄される場合。',
      },
      en: ({ hosts, directions, spared }) => ({
        message: `${hostsText(hosts, 'en')} would drop all ${directionsText(directions, 'en')} traffic of the host${spared ? ' but the failsafe ports' : ', and no failsafe port is left'}: no policy selects it there, and it has no profile`,
        why: `A host endpoint without policy and profile closes its interface. Apply the policies that select it first, or give it the profile ${defaultAllowProfile}.`,
      }),
      ja: ({ hosts, directions, spared }) => ({
        message: `${joinJapanese(hostsText(hosts, 'ja'), `で、${spared ? 'フェイルセーフポートを除く' : ''}ホストの${directionsText(directions, 'ja')}がすべて破棄されます`)}${spared ? '' : '(フェイルセーフポートも残っていません)'}。選択するポリシーも、プロファイルもありません`,
        why: joinJapanese(
          'ポリシーもプロファイルもない HostEndpoint は、インターフェイスを閉じます。先にそれを選択するポリシーを適用するか、プロファイル',
          defaultAllowProfile,
          'を指定してください。',
        ),
      }),
    }),
    'missing-profile': key<Missing>({
      hangsOnWorld: true,
      when: {
        en: 'A host endpoint names a profile that does not exist after the change.',
        ja: '変更後に存在しないプロファイルを HostEndpoint が参照している場合。',
      },
      en: ({ hosts, profile }) => ({
        message: `${hostsText(hosts, 'en')} names the profile ${profile}, which does not exist`,
        why: 'Calico puts a profile in its place that drops everything which no policy decides about, but for the failsafe ports.',
      }),
      ja: ({ hosts, profile }) => ({
        message: joinJapanese(hostsText(hosts, 'ja'), 'が、存在しないプロファイル', profile, 'を参照しています'),
        why: 'Calico は代わりに、フェイルセーフポートを除き、ポリシーで決まらない通信をすべて破棄するプロファイルを使います。',
      }),
    }),
    'forwarded-deny': key<Forwarded>({
      hangsOnWorld: true,
      when: {
        en: 'A policy with applyOnForward drops forwarded traffic that passed a host endpoint before the change: whatever no rule lists, or what a rule refuses to pods, to nodes or to a whole address family. A list of refused networks outside passes.',
        ja: 'applyOnForward のポリシーが、変更前は HostEndpoint を通過した転送通信を破棄する場合。どのルールにもない通信のほか、Pod やノード、またはアドレスファミリー全体を拒否するルールによるものが対象です。クラスター外のネットワークを拒否するだけの一覧は対象外です。',
      },
      en: ({ hosts, direction, addresses, traffic, decider }) => ({
        message: `${hostsText(hosts, 'en')} would drop ${trafficText(traffic, 'en')} that it forwards${addresses === undefined ? '' : `, ${direction === 'ingress' ? 'such as from' : 'such as to'} ${addressesText(addresses, 'en')}`}: ${dropperText(decider, 'en')}`,
        why: 'Forwarded traffic is that of pods and Services, and the failsafe ports do not count for it. Once one policy applies there, all that its tier does not allow is dropped.',
      }),
      ja: ({ hosts, direction, addresses, traffic, decider }) => ({
        message: `${joinJapanese(
          hostsText(hosts, 'ja'),
          'が、',
          addresses === undefined ? '' : addressesText(addresses, 'ja'),
          addresses === undefined ? '転送する通信' : direction === 'ingress' ? 'からの転送通信' : 'への転送通信',
          `(${trafficText(traffic, 'ja')})を破棄します`,
        )}: ${dropperText(decider, 'ja')}`,
        why: '転送される通信は Pod や Service の通信で、フェイルセーフポートも適用されません。ポリシーが一つでも適用されると、その tier で許可されないものはすべて破棄されます。',
      }),
    }),
    'pre-dnat-deny': key<Cut>({
      hangsOnWorld: true,
      when: {
        en: 'A policy with preDNAT denies a required flow that passed before the change.',
        ja: 'preDNAT のポリシーが、変更前は通過した必要な通信を拒否する場合。',
      },
      en: (cut) => ({ message: cutWords(cut).en, why: cutEn }),
      ja: (cut) => ({ message: cutWords(cut).ja, why: cutJa }),
    }),
    'untracked-one-way': key<OneWay>({
      hangsOnWorld: true,
      when: {
        en: 'A policy with doNotTrack allows a required flow, and the replies to it are dropped: nothing remembers the connection.',
        ja: 'doNotTrack のポリシーが必要な通信を許可する一方、接続が追跡されないため、その応答が破棄される場合。',
      },
      en: ({ hosts, flows, direction, addresses, decider }) => ({
        message: `${hostsText(hosts, 'en')} would let ${flowsText(flows, direction, addresses, 'en')} pass untracked and drop the replies: ${dropperText(decider, 'en')}`,
        why: 'Connections that are not tracked need a rule for each direction. Add a doNotTrack rule for the other one, with the port as the source of an egress rule, or the destination of an ingress rule, turned around.',
      }),
      ja: ({ hosts, flows, direction, addresses, decider }) => ({
        message: `${joinJapanese(hostsText(hosts, 'ja'), 'は', flowsText(flows, direction, addresses, 'ja'), 'の通信を追跡せずに通しますが、応答は破棄します')}: ${dropperText(decider, 'ja')}`,
        why: '追跡されない接続には、両方向のルールが必要です。逆方向にも、送信元と宛先のポートを入れ替えた doNotTrack のルールを追加してください。',
      }),
    }),
  },
  check: (context, { flows }, report) => {
    const faults = findHostFaults(context, flows);
    if (faults === undefined) return;
    for (const reason of faults.notChecked) report.notChecked(reason);
    for (const cut of faults.cuts) {
      const found = { path: pathOf(context, cut), args: cut, fix: () => fixOf(context, cut), witness: witnessOf(cut) };
      report.found(cut.decider.stage === 'pre-dnat' ? 'pre-dnat-deny' : 'cut-off', found);
    }
    for (const args of faults.undecided) {
      report.found('no-policy-no-profile', { path: hostPath(context, 'profiles'), args, fix: profileFix(context) });
    }
    for (const args of faults.missing)
      report.found('missing-profile', { path: missingPath(context, args), args, fix: profileFix(context) });
    for (const args of faults.forwarded) report.found('forwarded-deny', { path: pathOf(context, args), args });
    for (const args of faults.oneWay)
      report.found('untracked-one-way', { path: pathOf(context, { ...args, decider: args.letIn }), args });
  },
});

/** At the rule where the changed policy has it, else at what the change is about. */
function pathOf({ change, policy }: CheckContext, { decider: { by } }: Dropped): FieldPath {
  if (by.kind === 'rule' && by.policy === policy) return by.rule.path;
  if (by.kind === 'tier-end' && policy !== undefined && by.tier.policies.includes(policy)) return policy.subject.path;
  if (change.ref.kind === 'Profile' && by.kind === 'profile' && by.rule !== undefined) return by.rule.path;
  return ['spec'];
}

function hostPath({ change }: CheckContext, part: string): FieldPath {
  const path = ['spec', part];
  return change.ref.kind === 'HostEndpoint' && valueAt(change.object, path) !== undefined ? path : ['spec'];
}

function missingPath(context: CheckContext, { index }: HostFaults['missing'][number]): FieldPath {
  const path = hostPath(context, 'profiles');
  return path.length === 1 ? path : [...path, index];
}

function profileFix({ change }: CheckContext): string | undefined {
  return change.ref.kind === 'HostEndpoint' && change.operation !== 'DELETE'
    ? `profiles: [${defaultAllowProfile}]`
    : undefined;
}

const mostNets = 8;

/** A rule of Calico's that lets the flow pass, where the change is of a policy in which it can stand. */
function fixOf({ policy, change }: CheckContext, { flows, direction, addresses }: Cut): string | undefined {
  if (policy === undefined || change.ref.kind === 'Profile') return undefined;
  const [first, ...others] = flows;
  const nets = addressCidrs(addresses);
  if (first === undefined || others.some(({ protocol }) => protocol !== first.protocol) || nets.length > mostNets) {
    return undefined;
  }
  const ports = flows.map(({ port }) => port);
  const [near, far] =
    direction === 'ingress' ? (['destination', 'source'] as const) : (['destination', 'destination'] as const);
  const rule = { action: 'Allow', protocol: protocolName(first.protocol), [far]: { nets }, [near]: { ports } };
  const written = direction === 'ingress' ? rule : { ...rule, destination: { nets, ports } };
  return `${direction}: [${flowYaml(written)}]`;
}

function witnessOf({ flows, direction, addresses, hosts }: Cut) {
  const [flow] = flows;
  const [host] = hosts;
  const [net] = addressCidrs(addresses);
  if (flow === undefined || host === undefined || net === undefined) return undefined;
  const [far = ''] = net.split('/');
  const near = `host:${host.node}/${host.interfaceName ?? host.ref.name}`;
  const [from, to] = direction === 'ingress' ? [far, near] : [near, far];
  return { from, to, protocol: protocolName(flow.protocol), port: flow.port };
}
