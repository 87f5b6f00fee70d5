import { identityOf } from '../dialects/resources.ts';
import type { FieldPath } from '../json/path.ts';
import { valueAt } from '../json/value-at.ts';
import { groupKind } from '../model/object.ts';
import type { Policy } from '../model/policy.ts';
import { hostBoxesOf } from '../model/policy-shelf.ts';
import { joinJapanese } from '../words/japanese.ts';
import { defineGuardrail, key } from './define.ts';

interface Host {
  readonly kind: 'HostEndpoint' | 'Profile';
}

interface HostPolicy {
  /** The field that makes it one for hosts; undefined where its selectors do. */
  readonly field: string | undefined;
}

/** Hosts belong to whoever runs the cluster: a policy of a team has nothing to do there. */
export const reserveHosts = defineGuardrail({
  name: 'reserve-hosts',
  mode: 'warn',
  summary: {
    en: 'Host endpoints, and the policies that govern them, belong to the platform.',
    ja: 'HostEndpoint と、それを対象とするポリシーは、プラットフォームの管理者が扱うこと。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    'host-endpoint': key<Host>({
      skipsPlatform: true,
      ratchets: false,
      when: {
        en: 'Someone outside the platform writes or deletes a HostEndpoint, or a Profile.',
        ja: 'プラットフォームの管理者以外が、HostEndpoint または Profile を作成、更新、削除する場合。',
      },
      en: ({ kind }) => ({
        message: `a ${kind} belongs to the platform: it decides about the traffic of whole nodes`,
        why: 'A mistake here can cut a node off from its cluster. Ask whoever runs the cluster to make the change.',
      }),
      ja: ({ kind }) => ({
        message: joinJapanese(kind, 'はプラットフォームのものです。ノード全体の通信に影響します'),
        why: '誤ると、ノードがクラスターから切り離されるおそれがあります。変更はクラスターの管理者に依頼してください。',
      }),
    }),
    'host-policy': key<HostPolicy>({
      skipsPlatform: true,
      ratchets: false,
      when: {
        en: 'Someone outside the platform writes or deletes a policy that selects host endpoints, or that sets doNotTrack, preDNAT or applyOnForward.',
        ja: 'プラットフォームの管理者以外が、HostEndpoint を選択するポリシー、または doNotTrack、preDNAT、applyOnForward を設定したポリシーを作成、更新、削除する場合。',
      },
      en: ({ field }) => ({
        message:
          field === undefined
            ? 'this policy selects host endpoints too, and policies of hosts belong to the platform'
            : `this policy sets ${field}, which only concerns hosts, and policies of hosts belong to the platform`,
        why:
          field === undefined
            ? 'It governs every host endpoint that its selector fits, also those that come later. With namespaceSelector: all() it is for pods alone.'
            : 'It does nothing for pods. Leave it out, or ask whoever runs the cluster to make the change.',
      }),
      ja: ({ field }) => ({
        message:
          field === undefined
            ? 'このポリシーは HostEndpoint も選択します。ホストのポリシーはプラットフォームのものです'
            : joinJapanese(
                'このポリシーは',
                field,
                'を設定しています。これはホストだけに関わり、ホストのポリシーはプラットフォームのものです',
              ),
        why:
          field === undefined
            ? '後から作られるものも含め、セレクターに一致するすべての HostEndpoint に適用されます。Pod だけを対象にするには namespaceSelector: all() を書いてください。'
            : 'Pod には何の効果もありません。外すか、クラスターの管理者に変更を依頼してください。',
      }),
    }),
  },
  check: ({ change, policy, oldPolicy }, _settings, report) => {
    const { kind, ...ref } = identityOf(change.ref);
    const group = groupKind({ ...ref, kind });
    if (group === 'HostEndpoint.projectcalico.org' || group === 'Profile.projectcalico.org') {
      report.found('host-endpoint', { path: ['spec'], args: { kind: kind === 'Profile' ? kind : 'HostEndpoint' } });
      return;
    }
    const judged = policy ?? oldPolicy;
    if (judged === undefined) return;
    const object = change.object ?? change.oldObject;
    const flag = ['doNotTrack', 'preDNAT', 'applyOnForward'].find((name) => valueAt(object, ['spec', name]) === true);
    const of = governsHosts(judged)
      ? judged
      : oldPolicy !== undefined && governsHosts(oldPolicy)
        ? oldPolicy
        : undefined;
    if (flag === undefined && of === undefined) return;
    const path: FieldPath = flag === undefined ? (of ?? judged).subject.path : ['spec', flag];
    const fix = flag === undefined && policy !== undefined && of === policy ? 'namespaceSelector: all()' : undefined;
    // A staged policy decides about nothing yet, and becomes the host's policy by being enforced.
    const atMost = (policy ?? judged).enforced ? undefined : 'warn';
    report.found('host-policy', { path, args: { field: flag }, fix, atMost });
  },
});

function governsHosts(policy: Policy): boolean {
  return hostBoxesOf({ ...policy, enforced: true }).length > 0;
}
