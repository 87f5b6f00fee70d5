import { type Mirrored, mirrorOf } from '../dialects/calico/generated.ts';
import { calicoGroup, storageGroup } from '../dialects/calico/stored.ts';
import { identityOf, resourceOf } from '../dialects/resources.ts';
import { joinJapanese } from '../words/japanese.ts';
import { defineGuardrail, key } from './define.ts';

interface Mirror {
  /** What is mirrored; undefined for what is built into Calico. */
  readonly of: Mirrored | undefined;
}

interface StorageForm {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/**
 * Objects that Calico writes by itself. An edit of a mirror is lost or, worse, stands beside what it mirrors; one of the
 * storage form goes past the defaults and the validation of Calico's API.
 */
export const protectGenerated = defineGuardrail({
  name: 'protect-generated',
  mode: 'enforce',
  summary: {
    en: 'Nobody but Calico writes what Calico generates: its mirrors of other objects, and the form that it stores.',
    ja: 'Calico が生成するもの(他のオブジェクトのミラーと内部の保存形式)は、Calico 以外が書き込まないこと。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    mirror: key<Mirror>({
      skipsPlatform: true,
      ratchets: false,
      when: {
        en: 'An object is created or changed that has the name of a mirror: `knp.`, `kcnp.`, `kns.`, `ksa.`, or `projectcalico-default-allow`.',
        ja: 'ミラーの名前(`knp.`、`kcnp.`、`kns.`、`ksa.`、`projectcalico-default-allow`)を持つオブジェクトが作成または変更される場合。',
      },
      en: ({ of }) =>
        of === undefined
          ? {
              message: 'this is built into Calico, and cannot be changed',
              why: 'Calico ignores or refuses what is written here. Give the endpoint a profile or a policy of its own instead.',
            }
          : {
              message: `Calico generates this mirror: edit ${of.kind} ${nameEn(of)} instead`,
              why: `Calico makes it from ${of.kind} ${of.name} and keeps it so: what is written here is lost, or stands beside the original.`,
            },
      ja: ({ of }) =>
        of === undefined
          ? {
              message: 'これは Calico に組み込まれたもので、変更できません',
              why: 'ここに書いた内容は Calico に無視されるか、拒否されます。代わりに、エンドポイント専用のプロファイルかポリシーを用意してください。',
            }
          : {
              message: `これは Calico が自動生成するミラーです。代わりに ${nameJa(of)} を編集してください`,
              why: `Calico が ${of.kind} ${of.name} を写したものです。ここに書いた内容は失われるか、元の定義と食い違って残ります。`,
            },
    }),
    'storage-form': key<StorageForm>({
      skipsPlatform: true,
      ratchets: false,
      when: {
        en: 'Somebody other than Calico creates or changes an object of `crd.projectcalico.org/v1`.',
        ja: 'Calico 以外の誰かが `crd.projectcalico.org/v1` のオブジェクトを作成または変更する場合。',
      },
      en: ({ kind, namespace, name }) => ({
        message: `${storageGroup}/v1 is the form that Calico stores: write ${kind} ${name} of ${calicoGroup}/v3${namespace === undefined ? '' : ` in namespace ${namespace}`} instead`,
        why: 'Nothing checks or completes what is written there: an unreadable selector or an absent type list makes a policy vanish or widen. Where no v3 API is installed, the platform can switch this finding off.',
      }),
      ja: ({ kind, namespace, name }) => ({
        message: `${storageGroup}/v1 は Calico の内部の保存形式です。${joinJapanese(namespace === undefined ? '' : `namespace ${namespace} の`, `${calicoGroup}/v3 の ${kind} ${name}`)} を書いてください`,
        why: 'ここに書いた内容は検証も補完もされません。読めないセレクターや types の省略により、ポリシーが消えたり広がったりします。v3 API のない環境では、プラットフォーム側でこの検出を無効にできます。',
      }),
    }),
  },
  check: ({ change }, _settings, report) => {
    const { ref, operation } = change;
    // What should not be there may go.
    if (operation === 'DELETE') return;
    const mirror = mirrorOf(ref);
    if (mirror !== undefined) report.found('mirror', { path: ['metadata', 'name'], args: mirror });
    if (ref.group !== storageGroup || resourceOf(ref) === undefined) return;
    const { kind, namespace, name } = identityOf(ref);
    report.found('storage-form', {
      path: ['apiVersion'],
      args: { kind, namespace, name },
      fix: `apiVersion: ${calicoGroup}/v3`,
    });
  },
});

function nameEn({ name, namespace }: Mirrored): string {
  return namespace === undefined ? name : `${name} in namespace ${namespace}`;
}

function nameJa({ kind, name, namespace }: Mirrored): string {
  return namespace === undefined ? `${kind} ${name}` : `namespace ${namespace} の ${kind} ${name}`;
}
