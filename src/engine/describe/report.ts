import type { Source } from '../check/report.ts';
import type { ObjectRef } from '../model/object.ts';
import type { Policy, Problem } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import type { Language } from '../words/language.ts';
import type { PolicyFacts } from './describe.ts';

/** One document of the input that can be described, with what it means, or that cannot be read. */
export type DescribedDocument =
  | {
      readonly kind: 'described';
      readonly source: Source;
      readonly ref: ObjectRef;
      readonly policy: Policy;
      readonly facts: PolicyFacts;
      /** Where sets are looked up that the policy chooses. */
      readonly world: World;
    }
  /** No policy, but something that policies stand in, choose or govern. */
  | {
      readonly kind: 'surrounding';
      readonly source: Source;
      readonly ref: ObjectRef;
      readonly text: { readonly [L in Language]: string };
      readonly problems: readonly Problem[];
    }
  | {
      readonly kind: 'error';
      readonly source: Source;
      /** Undefined where not even that could be read. */
      readonly ref: ObjectRef | undefined;
      readonly error: { readonly message: string; readonly line: number; readonly column: number };
    };
