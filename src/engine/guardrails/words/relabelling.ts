import { nameLabel } from '../../model/attributes.ts';
import type { Direction } from '../../model/policy.ts';
import { joinJapanese } from '../../words/japanese.ts';
import { shortListText } from '../../words/list.ts';
import type { Words } from '../define.ts';

/** What another label on a namespace does to it, by policies anywhere. */
export interface Relabelling {
  readonly relabelled: readonly {
    readonly direction: Direction;
    /** Names of the policies that begin, or cease, to let its pods through. */
    readonly gained: readonly string[];
    readonly lost: readonly string[];
  }[];
}

const mostPolicies = 3;

export function relabellingEn({ relabelled: changes }: Relabelling): Words {
  const clauses = changes.flatMap(({ direction, gained, lost }) =>
    [
      { policies: gained, may: 'may now' },
      { policies: lost, may: 'may no longer' },
    ].flatMap(({ policies, may }) => {
      if (policies.length === 0) return [];
      const governed = `the pods that ${policies.length === 1 ? 'policy' : 'policies'} ${shortListText(policies, mostPolicies, 'en')} ${policies.length === 1 ? 'governs' : 'govern'}`;
      const here = 'pods of this namespace';
      return direction === 'ingress'
        ? `${here} ${may} connect to ${governed}`
        : `${here} ${may} be reached by ${governed}`;
    }),
  );
  return {
    message: clauses.join('; '),
    why: `Policies elsewhere trust this label. One that names namespaces by ${nameLabel} would not be moved by it.`,
  };
}

export function relabellingJa({ relabelled: changes }: Relabelling): Words {
  const clauses = changes.flatMap(({ direction, gained, lost }) =>
    [
      { policies: gained, may: 'ようになります' },
      { policies: lost, may: 'なくなります' },
    ].flatMap(({ policies, may }) => {
      if (policies.length === 0) return [];
      const governed = joinJapanese('ポリシー', shortListText(policies, mostPolicies, 'ja'), 'の Pod');
      const here = 'この namespace の Pod';
      const [from, to] = direction === 'ingress' ? [here, governed] : [governed, here];
      const connect = may === 'なくなります' ? 'へ接続でき' : 'へ接続できる';
      return joinJapanese(from, 'から', to, `${connect}${may}`);
    }),
  );
  return {
    message: clauses.join('。'),
    why: `他の場所にあるポリシーが、このラベルを根拠に許可しています。${nameLabel} で namespace を指定したポリシーは、この変更の影響を受けません。`,
  };
}
