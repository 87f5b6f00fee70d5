import { key } from '../define.ts';
import {
  crashWords,
  emptiedWords,
  type Hidden,
  hiddenWords,
  type Lost,
  narrowedWords,
  type Old,
  oldWords,
  removedWords,
  type Unreadable,
} from '../words/failsafe.ts';
import { addressesOf } from './findings.ts';

/** What there is to find of failsafe ports. */
export const failsafeKeys = {
  removed: key<Lost>({
    when: {
      en: 'A required port is in no entry of the list that then counts: that of the object, or the one that takes its place.',
      ja: '必要なポートが、変更後に有効になるリスト(そのオブジェクト自身のもの、または代わりに使われるもの)のどのエントリーにもない場合。',
    },
    en: (lost) => removedWords(lost, 'en'),
    ja: (lost) => removedWords(lost, 'ja'),
  }),
  narrowed: key<Lost>({
    when: {
      en: 'A required port is open, but not for every address for which it must be; IPv4 and IPv6 count apart.',
      ja: '必要なポートが開いているものの、必要なアドレスの一部に対して開いていない場合。IPv4 と IPv6 は別々に数えます。',
    },
    en: (lost) => narrowedWords(lost, addressesOf(lost.ports), 'en'),
    ja: (lost) => narrowedWords(lost, addressesOf(lost.ports), 'ja'),
  }),
  emptied: key<Lost>({
    when: {
      en: 'The list is written and has no entries, by `[]`, by the word none, or by anything that reads like it.',
      ja: '`[]`、none、またはそれと同じ意味の値により、エントリーのないリストが書かれている場合。',
    },
    en: (lost) => emptiedWords(lost, 'en'),
    ja: (lost) => emptiedWords(lost, 'ja'),
  }),
  crashes: key<Unreadable>({
    when: {
      en: 'Felix cannot read an entry: a protocol other than tcp and udp, a bad net, a port that is none, a text of another form.',
      ja: 'tcp と udp 以外のプロトコル、誤った net、ポートでない番号、形式の誤った文字列など、Felix が読めないエントリーがある場合。',
    },
    en: (entry) => crashWords(entry, 'en'),
    ja: (entry) => crashWords(entry, 'ja'),
  }),
  hidden: key<Hidden>({
    mode: 'warn',
    when: {
      en: 'The list is set by an annotation, or only for some nodes, even where no required port is lost.',
      ja: '必要なポートが失われない場合でも、リストが annotation で、または一部のノードだけに設定されている場合。',
    },
    en: (hidden) => hiddenWords(hidden, 'en'),
    ja: (hidden) => hiddenWords(hidden, 'ja'),
  }),
  'unused-old': key<Old>({
    mode: 'warn',
    when: {
      en: 'A port that only old installations used for etcd is kept open for every address: 4001, 6666, 6667, 7001.',
      ja: '古い構成の etcd だけが使っていたポート(4001、6666、6667、7001)が、すべてのアドレスに対して開かれている場合。',
    },
    en: (old) => oldWords(old, 'en'),
    ja: (old) => oldWords(old, 'ja'),
  }),
};

export type FailsafeKeys = typeof failsafeKeys;
