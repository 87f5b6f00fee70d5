import { asString, dig } from '../json/read.ts';
import type { CheckContext } from '../model/check-context.ts';
import { groupKind } from '../model/object.ts';
import { type CutCall, callsAfter, type NamedPod } from '../reach/webhook-way.ts';
import { joinJapanese } from '../words/japanese.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, key } from './define.ts';
import { changedPart } from './words/flow.ts';

/** A policy that cuts the API server off from the webhook would also keep the webhook from ever judging its repair. */
export const protectWebhook = defineGuardrail({
  name: 'protect-webhook',
  mode: 'enforce',
  summary: {
    en: "The API server keeps reaching Sekisho's own pods.",
    ja: 'API サーバーから Sekisho 自身の Pod に、引き続き接続できること。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    'cut-off': key<CutCall>({
      hangsOnWorld: true,
      // A webhook that is cut off can judge no repair.
      toldInDoubt: true,
      when: {
        en: "After the change the API server (`spec.cluster.apiServers`), or Calico's, can no longer reach Sekisho's own pods on their port, and before it could.",
        ja: '変更前は可能だった、API サーバー(`spec.cluster.apiServers`)や Calico の API サーバーから Sekisho 自身の Pod への接続が、変更後は不可能になる場合。',
      },
      en: ({ from, to, port }) => ({
        message: `${callerText(from, 'en')} could no longer reach Sekisho itself (${podText(to)}) on TCP ${port}`,
        why: 'No change of a policy could be judged any more, nor, where the webhook fails closed, be made: not even the one that mends this.',
      }),
      ja: ({ from, to, port }) => ({
        message: `${joinJapanese(callerText(from, 'ja'), 'から Sekisho 自身')}(${podText(to)})の TCP ${port} に接続できなくなります`,
        why: '以後、ポリシーの変更を判定できなくなります。failurePolicy が Fail の場合は、この状態を直す変更さえ行えません。',
      }),
    }),
  },
  check: (context, _settings, report) => {
    const calls = callsAfter(context);
    if (calls.answer === 'unknown') return report.notChecked(calls.because);
    if (calls.answer === 'kept') return;
    const { call } = calls;
    report.found('cut-off', {
      path: changedPart(context),
      args: call,
      fix: fixOf(context, call),
      witness: {
        from: 'address' in call.from ? call.from.address : podText(call.from.pod),
        to: podText(call.to),
        protocol: 'TCP',
        port: call.port,
      },
    });
  },
});

function callerText(from: CutCall['from'], language: 'en' | 'ja'): string {
  if ('pod' in from) {
    return language === 'ja'
      ? `Calico の API サーバー(${podText(from.pod)})`
      : `Calico's API server (${podText(from.pod)})`;
  }
  return language === 'ja' ? `API サーバー(${from.address})` : `the API server (${from.address})`;
}

function podText({ namespace, name }: NamedPod): string {
  return `${namespace}/${name}`;
}

/** Lets the caller out, or takes the webhook's namespace out of the policy's reach: right whatever the policy says besides. */
function fixOf({ change }: CheckContext, { from, to, port }: CutCall): string | undefined {
  const kinds = ['GlobalNetworkPolicy.projectcalico.org', 'GlobalNetworkPolicy.crd.projectcalico.org'];
  if (!kinds.includes(groupKind(change.ref)) || change.object === undefined) return undefined;
  if ('pod' in from) {
    const destination = { namespaceSelector: `projectcalico.org/name == '${to.namespace}'`, ports: [port] };
    return `egress: ${flowYaml([{ action: 'Allow', protocol: 'TCP', destination }])}`;
  }
  const written = asString(dig(change.object, 'spec', 'namespaceSelector'))?.trim() ?? '';
  const where = written === '' || written === 'all()' ? 'has(projectcalico.org/name)' : `(${written})`;
  return `namespaceSelector: ${flowYaml(`${where} && projectcalico.org/name != '${to.namespace}'`)}`;
}
