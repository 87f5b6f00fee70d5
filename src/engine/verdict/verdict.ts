import type { Words } from '../guardrails/define.ts';
import type { FieldPath } from '../json/path.ts';
import type { Flow } from '../model/flow.ts';
import type { NotCheckedReason } from '../model/not-checked.ts';
import type { Language } from '../words/language.ts';

export type Effect = 'deny' | 'warn' | 'audit';

/** A finding with what it comes to in this case. */
export interface JudgedFinding {
  readonly guardrail: string;
  readonly key: string;
  readonly effect: Effect;
  readonly path: FieldPath;
  readonly fix: string | null;
  readonly witness: Flow | null;
  /** An exemption that would have covered this finding, had it not run out: its name and the day. */
  readonly expired: { readonly exemption: string; readonly on: string } | undefined;
  /** Whether a policy made a moment ago, which the World does not hold yet, may take it away. */
  readonly hangsOnWorld: boolean;
  readonly say: (language: Language) => Words;
}

export interface NotChecked {
  /** `*` where nothing at all was judged. */
  readonly guardrail: string;
  readonly reason: NotCheckedReason;
}

/** The answer to one Change. Everything in it is sorted: same input, same bytes. */
export interface Verdict {
  readonly allowed: boolean;
  readonly findings: readonly JudgedFinding[];
  readonly notChecked: readonly NotChecked[];
  /** Names of the exemptions that turned a finding into one that only the audit sees. */
  readonly exemptions: readonly string[];
}
