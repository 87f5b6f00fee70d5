import type { Language } from '../guardrails/define.ts';
import type { Policy } from '../model/policy.ts';
import { boxesText } from './box.ts';

/** Whom a policy governs: `pods app=web of namespace shop`, `every pod of namespace shop`, `no pod`. */
export function subjectText(policy: Policy, language: Language): string {
  return boxesText(policy.subject.endpoints, undefined, language);
}
