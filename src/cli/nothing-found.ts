import type { Language } from '../engine/words/language.ts';
import type { Io } from './io.ts';

const sentences = {
  judge: {
    en: 'there is nothing to judge here: no policy, and nothing that policies hang on, was found (--allow-empty accepts that)',
    ja: '判定するものがありません。ポリシーも、ポリシーの判定に関わるものも見つかりませんでした (--allow-empty で許容されます)',
  },
  review: {
    en: 'there is no AdmissionReview here to answer (--allow-empty accepts that)',
    ja: '応答すべき AdmissionReview がありません (--allow-empty で許容されます)',
  },
  describe: {
    en: 'there is nothing to describe here: no policy was found (--allow-empty accepts that)',
    ja: '説明するものがありません。ポリシーが見つかりませんでした (--allow-empty で許容されます)',
  },
  reach: {
    en: 'there is nothing here to tell of: no workload, no policy and no namespace was found',
    ja: '対象がありません。ワークロードもポリシーも namespace も見つかりませんでした',
  },
} as const;

/** Says that the paths hold nothing of what was asked for. */
export function sayNothingFound(to: keyof typeof sentences, language: Language, io: Io): void {
  io.err(`sekisho: ${sentences[to][language]}\n`);
}
