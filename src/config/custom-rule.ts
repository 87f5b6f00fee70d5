import type { CustomRule } from '../engine/guardrails/custom.ts';
import { readSelection } from '../engine/guardrails/settings.ts';
import { compileCondition } from './condition.ts';
import { compileJsonPath, type NodeSelector } from './jsonpath.ts';
import type { WrittenGuardrailSet } from './schema.ts';

type WrittenCustomRule = NonNullable<NonNullable<WrittenGuardrailSet['spec']>['custom']>[number];

/** Compiles one of the organisation's own rules. The schema has seen to it that every part of it can be read. */
export function readCustomRule({ name, mode, message, match, path, condition, fix }: WrittenCustomRule): CustomRule {
  const either = message.en ?? message.ja ?? '';
  return {
    name,
    mode: mode ?? 'enforce',
    message: { en: message.en ?? either, ja: message.ja ?? either },
    fix,
    kinds: match?.kinds ?? [],
    operations: match?.operations ?? ['CREATE', 'UPDATE'],
    namespaces: match?.namespaces === undefined ? undefined : readSelection(match.namespaces),
    select: selectorOf(path),
    condition: compileCondition(condition),
  };
}

function selectorOf(path: string): NodeSelector {
  const reading = compileJsonPath(path);
  // What could not be searched is not checked, and said to be so.
  return reading.ok ? reading.select : () => ({ nodes: [], complete: false, nearest: [] });
}
