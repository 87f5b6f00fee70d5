import type { Finding } from '../guardrails/define.ts';
import type { GuardrailConfiguration, Modes } from '../guardrails/guardrail-set.ts';
import { type Mode, milder } from '../model/mode.ts';
import type { Namespace } from '../model/namespace.ts';
import { selects } from '../model/selection.ts';

/**
 * The mode of a finding's key for an object of this namespace; `namespace` is undefined for cluster-scoped objects, to
 * which no override by namespace applies.
 */
export function effectiveMode(
  finding: Finding,
  configuration: GuardrailConfiguration,
  namespace: Namespace | undefined,
): Mode {
  const { guardrail } = configuration.configured;
  let mode = guardrail.keys[finding.key]?.mode ?? guardrail.mode;
  const ownMode = mode !== guardrail.mode;
  const override =
    namespace === undefined
      ? undefined
      : configuration.overrides.find((one) => selects(one.namespaces, namespace.name, namespace.labels));
  for (const modes of [configuration, override]) {
    if (modes !== undefined) mode = applied(modes, finding.key, mode, ownMode);
  }
  return milder(mode, finding.atMost);
}

/** A written mode takes the place of the guardrail's, and is a ceiling over keys that have a mode of their own. */
function applied(modes: Modes, key: string, mode: Mode, ownMode: boolean): Mode {
  const exact = modes.findings.get(key);
  if (exact !== undefined) return exact;
  if (modes.mode === undefined) return mode;
  return ownMode ? milder(mode, modes.mode) : modes.mode;
}
