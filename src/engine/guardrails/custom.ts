import { isNamespaceChange, type Operation } from '../model/change.ts';
import type { CheckContext } from '../model/check-context.ts';
import type { Mode } from '../model/mode.ts';
import { groupKind } from '../model/object.ts';
import { type Selection, selects } from '../model/selection.ts';
import type { Language } from '../words/language.ts';
import { type Condition, examine, type MatchedNodes } from './custom-condition.ts';
import { defineGuardrail, type Guardrail, key } from './define.ts';

/** A rule of the organisation's own, read and compiled. */
export interface CustomRule {
  readonly name: string;
  readonly mode: Mode;
  readonly message: { readonly [L in Language]: string };
  /** One line of YAML. */
  readonly fix: string | undefined;
  /** `NetworkPolicy` or `NetworkPolicy.networking.k8s.io`; empty: every kind that is judged. */
  readonly kinds: readonly string[];
  readonly operations: readonly Operation[];
  /** Undefined: wherever the object is. Cluster-scoped objects are in no namespace. */
  readonly namespaces: Selection | undefined;
  readonly select: (object: unknown) => MatchedNodes;
  readonly condition: Condition;
}

/**
 * A custom rule as a guardrail `custom/NAME` with the one key `violated`. It looks at the object as it is to be, and on
 * DELETE at the object that goes. One finding for each value that is wrong, at the first place where it stands.
 */
export function customGuardrail(rule: CustomRule): Guardrail {
  const name = `custom/${rule.name}`;
  return defineGuardrail({
    name,
    mode: rule.mode,
    summary: rule.message,
    settings: {},
    readSettings: () => undefined,
    keys: {
      violated: key<undefined>({
        when: rule.message,
        en: () => ({ message: rule.message.en, why: `This is your organisation's own rule ${name}.` }),
        ja: () => ({ message: rule.message.ja, why: `組織独自のルール ${name} です。` }),
      }),
    },
    check: (context, _settings, report) => {
      if (!isAbout(rule, context)) return;
      const answer = examine(rule.condition, rule.select(context.change.object ?? context.change.oldObject));
      if (answer.answer === 'unknown') report.notChecked('work-cap');
      if (answer.answer !== 'violated') return;
      const seen = new Set<string>();
      for (const { path, item } of answer.violations) {
        if (item !== undefined) {
          if (seen.has(item)) continue;
          seen.add(item);
        }
        const set = item === undefined ? undefined : { items: [item] };
        report.found('violated', { path, args: undefined, fix: rule.fix, set });
      }
    },
  });
}

function isAbout(rule: CustomRule, { change, after }: CheckContext): boolean {
  const { ref, operation } = change;
  if (!rule.operations.includes(operation)) return false;
  if (rule.kinds.length > 0 && !rule.kinds.includes(ref.kind) && !rule.kinds.includes(groupKind(ref))) return false;
  if (rule.namespaces === undefined) return true;
  const name = isNamespaceChange(change) ? ref.name : ref.namespace;
  if (name === undefined) return false;
  const namespace = after.namespaceOrBare(name);
  return selects(rule.namespaces, namespace.name, namespace.labels);
}
