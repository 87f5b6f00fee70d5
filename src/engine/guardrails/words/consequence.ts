import type { FieldPath } from '../../json/path.ts';
import type { Consequence } from '../../model/policy.ts';
import type { ReasonWords } from '../../words/calico-syntax.ts';

const words: { readonly [C in Consequence]: ReasonWords } = {
  refused: [
    'The API server refuses such an object, so nothing of it would take effect.',
    'API サーバーはこのオブジェクトを拒否するため、どの部分も有効になりません。',
  ],
  voided: [
    'Calico refuses such a policy. Where it is stored all the same, the whole of it counts as missing, and what it denies gets through.',
    'Calico はこのようなポリシーを拒否します。保存されてしまうとポリシー全体がないものとして扱われ、拒否するはずの通信が通ります。',
  ],
  widened: [
    'Calico would drop this condition without a word, and the rest would apply more widely.',
    'Calico はこの条件を黙って無視するため、残りの部分がより広い範囲に適用されます。',
  ],
  skipped: [
    'Calico would skip this entry without a word and go by the others.',
    'Calico はこの項目を黙って飛ばし、ほかの項目だけを使います。',
  ],
  stalls: [
    "Calico's agents cannot decode such an object: from then on no change of policy reaches any node, and new nodes do not get ready.",
    'Calico のエージェントはこのオブジェクトを読み込めません。以後どのノードにもポリシーの変更が届かず、新しいノードは Ready になりません。',
  ],
  inert: ['It would stay as it is and have no effect.', 'そのまま残り、何の効果もありません。'],
};

/** What Calico drops, by the field that it drops. */
const dropped: { readonly [field: string]: ReasonWords } = {
  namespaceSelector: [
    'Calico would ignore this selector, and the policy would then apply to every namespace.',
    'Calico はこのセレクターを無視するため、ポリシーがすべての namespace に適用されます。',
  ],
  serviceAccountSelector: [
    'Calico would ignore this selector, and the policy would then apply to pods of every service account.',
    'Calico はこのセレクターを無視するため、ポリシーがすべてのサービスアカウントの Pod に適用されます。',
  ],
  nets: [
    'Calico would skip every entry and then drop the list: the rule would match any address.',
    'Calico はすべての項目を飛ばし、リスト自体も無視します。ルールはどのアドレスにも一致します。',
  ],
  notNets: [
    'Calico would skip every entry and then drop the list: the rule would leave no address out.',
    'Calico はすべての項目を飛ばし、リスト自体も無視します。ルールはどのアドレスも除外しません。',
  ],
};

/** What becomes of something that nobody can read, in a sentence. */
export function consequenceText(consequence: Consequence, path: FieldPath, language: 'en' | 'ja'): string {
  const field = path.findLast((step) => typeof step === 'string') ?? '';
  const said = consequence === 'widened' ? (dropped[field] ?? words.widened) : words[consequence];
  return said[language === 'ja' ? 1 : 0];
}
