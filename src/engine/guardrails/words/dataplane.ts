import type { ChangedParameter, Stopping } from '../../felix/dataplane-changes.ts';
import type { ObjectRef } from '../../model/object.ts';
import { joinJapanese } from '../../words/japanese.ts';
import type { Language } from '../../words/language.ts';
import { shortListText } from '../../words/list.ts';
import { flowYaml } from '../../words/yaml.ts';
import type { Words } from '../define.ts';
import { crashEn, crashJa } from './failsafe.ts';

const longestValue = 40;

function shown(text: string): string {
  if (/^[\w.+-]{1,40}$/.test(text)) return text;
  return text.length > longestValue ? JSON.stringify(`${text.slice(0, longestValue)}...`) : flowYaml(text);
}

const bypassEn =
  'This setting is for whole nodes: no policy says any more what it lets through. Change it only with those who run the cluster.';
const bypassJa =
  'この設定はノード全体に効き、ここを通る通信はポリシーでは制御できません。クラスターの管理者と合意のうえで変更してください。';

const switchEn =
  'It is put in force at once on every node that the object is for. Change it at a time when connections may break.';
const switchJa = '対象のすべてのノードに一斉に反映されます。メンテナンスの時間帯に変更してください。';

export function changedWords(changed: ChangedParameter, language: Language): Words {
  const { kind, definition, written, meaning } = changed;
  const [en, ja] = (kind === 'bypass' ? definition.bypass?.what : definition.switches) ?? ['', ''];
  const value = written === undefined ? meaning || 'unset' : written;
  if (language === 'ja') {
    const gone =
      written === undefined ? `${definition.field} が指定されなくなり ${shown(value)} になります` : undefined;
    return {
      message: `${gone ?? `${definition.field}: ${shown(value)}`}: ${ja}`,
      why: kind === 'bypass' ? bypassJa : switchJa,
    };
  }
  const gone =
    written === undefined ? `${definition.field} is no longer set here and becomes ${shown(value)}` : undefined;
  return {
    message: `${gone ?? `${definition.field}: ${shown(value)}`}: ${en}`,
    why: kind === 'bypass' ? bypassEn : switchEn,
  };
}

export function stoppingWords({ name, text, definition }: Stopping, language: Language): Words {
  const [en, ja] =
    text.toLowerCase() === 'none' || definition === undefined
      ? (['the parameter cannot be none', 'none は指定できません'] as const)
      : definition.form.expected;
  return language === 'ja'
    ? { message: `${joinJapanese('Felix は', name, 'の値', shown(text), 'を読めません')}: ${ja}`, why: crashJa }
    : { message: `Felix cannot read ${shown(text)} for ${name}: ${en}`, why: crashEn };
}

export interface HiddenParameter {
  readonly name: string;
  readonly value: string;
}

export function hiddenParameterWords({ name, value }: HiddenParameter, language: Language): Words {
  return language === 'ja'
    ? {
        message: joinJapanese('annotation で Felix のパラメーター', shown(name), 'が', shown(value), 'に設定されます'),
        why: 'annotation は検査されず、spec のフィールドより優先されます。設定は spec に書いてください。',
      }
    : {
        message: `an annotation sets the Felix parameter ${shown(name)} to ${shown(value)}`,
        why: 'Nothing checks it, and it stands before the field of the spec, where everybody looks. Write it there.',
      };
}

/** Which automatic host endpoints go. */
export type HostsOff =
  | { readonly kind: 'all' }
  | { readonly kind: 'whole' }
  | { readonly kind: 'templates'; readonly names: readonly string[] };

const hostsOffEn =
  'Calico deletes host endpoints that it makes no more, and traffic of an interface without one is not policed at all.';
const hostsOffJa =
  '作られなくなった HostEndpoint は Calico が削除します。HostEndpoint のないインターフェースの通信には、ポリシーが適用されません。';

export function hostsOffWords(off: HostsOff, language: Language): Words {
  const ja = language === 'ja';
  const why = ja ? hostsOffJa : hostsOffEn;
  switch (off.kind) {
    case 'all':
      return {
        message: ja
          ? 'HostEndpoint が自動作成されなくなり、作成済みのものも削除されます'
          : 'automatic host endpoints are switched off: those of every node are deleted',
        why,
      };
    case 'whole':
      return {
        message: ja
          ? '全インターフェースを対象とする既定の HostEndpoint が、各ノードから削除されます'
          : 'the default host endpoint of all interfaces is deleted on every node',
        why,
      };
    case 'templates': {
      const names = shortListText(off.names.map(shown), 3, language);
      return {
        message: ja
          ? joinJapanese('テンプレート', names, 'から作られた HostEndpoint が削除されます')
          : `host endpoints made by template ${names} are deleted`,
        why,
      };
    }
  }
}

export interface HostsOn {
  readonly policies: readonly ObjectRef[];
}

export function hostsOnWords({ policies }: HostsOn, language: Language): Words {
  const names = shortListText(
    policies.map(({ name }) => shown(name)),
    3,
    language,
  );
  return language === 'ja'
    ? {
        message: joinJapanese('HostEndpoint が自動作成され、ノード自身の通信にもポリシー', names, 'が適用されます'),
        why: 'Pod 用に書かれたポリシーがノードにも適用されると、フェイルセーフポート以外が遮断されることがあります。先に namespaceSelector を付けるなどして、対象を Pod に限定してください。',
      }
    : {
        message: `host endpoints are switched on; these policies then govern every node: ${names}`,
        why: 'Policies that were written for pods then cut off nodes, but for the failsafe ports. Limit them to pods first, by a namespaceSelector for example.',
      };
}
