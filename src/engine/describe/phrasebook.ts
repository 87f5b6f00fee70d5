import type { Stage } from '../model/policy.ts';
import type { Side } from './outline.ts';

/** The sentences of one language. Each is complete, with its full stop. */
export interface Phrasebook {
  /** Between two sentences. */
  readonly space: string;
  readonly staged: string;
  /** A mistake keeps all of it from being enforced. */
  readonly voided: string;
  /** Where the policy stands among others, and at which stage it decides. Of Calico's only. */
  readonly position: (position: Position) => readonly string[];
  /** The policy can select nobody. */
  readonly governsNobody: string;
  /** Whom the policy selects is too much to work out. */
  readonly governsUntold: string;
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

export interface Position {
  readonly tier: string;
  /** Infinite where none is written. */
  readonly order: number;
  readonly stage: Stage;
  readonly applyOnForward: boolean;
  /** Whether whoever it governs is hosts too. */
  readonly hosts: boolean;
}

export interface Subject {
  readonly text: string;
  /** Whether the text speaks of each one: "every pod accepts", "pods accept". */
  readonly singular: boolean;
}
