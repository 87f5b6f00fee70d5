import type { Side } from './outline.ts';

/** The sentences of one language. Each is complete, with its full stop. */
export interface Phrasebook {
  /** Between two sentences. */
  readonly space: string;
  readonly staged: string;
  /** The policy can select nobody. */
  readonly governsNobody: string;
  /** The policy governs neither direction; `field` is where its directions are listed. */
  readonly restrictsNothing: (field: string) => string;
  readonly behaviour: (subject: Subject, ingress: Side, egress: Side) => readonly string[];
  /** Rules of a direction that the policy does not govern. */
  readonly typeOff: (direction: 'ingress' | 'egress', field: string) => string;
  /** Fields that nothing can match; `more` is how many are not named. */
  readonly matchedByNobody: (paths: readonly string[], more: number) => string;
  readonly problem: (path: string, message: string) => string;
  readonly moreProblems: (count: number) => string;
}

export interface Subject {
  readonly text: string;
  /** Whether the text speaks of each one: "every pod accepts", "pods accept". */
  readonly singular: boolean;
}
