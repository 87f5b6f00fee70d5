import type { Guardrail } from '../../../src/engine/guardrails/define.ts';
import { keepFailsafePorts } from '../../../src/engine/guardrails/keep-failsafe-ports.ts';
import { gather } from '../../../src/engine/model/gather.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import type { World } from '../../../src/engine/model/world.ts';
import type { WorldOrigin } from '../../../src/engine/model/world-parts.ts';
import type { JudgedFinding } from '../../../src/engine/verdict/verdict.ts';
import { type Pair, told, tried } from '../guardrails/trial.ts';

export function felix(
  name: string,
  spec: object = {},
  annotations?: Readonly<Record<string, string>>,
  created?: string,
) {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'FelixConfiguration',
    metadata: {
      name,
      ...(annotations === undefined ? {} : { annotations }),
      ...(created === undefined ? {} : { creationTimestamp: created }),
    },
    spec,
  };
}

export function node(name: string, labels: object = {}) {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
}

export function worldOf(objects: readonly object[]): World {
  return gather(
    objects.map((object) => ({ object, ref: refOf(object) })),
    'cluster',
  );
}

export interface FelixTrial extends Pair {
  readonly world?: readonly object[];
  readonly origin?: WorldOrigin;
}

export interface Outcome {
  readonly allowed: boolean;
  /** Effect, key, path. */
  readonly lines: readonly string[];
  readonly findings: readonly JudgedFinding[];
  readonly notChecked: readonly string[];
}

/** One change to a live cluster, judged by one guardrail with its defaults. */
export function outcomeOf(
  { world = [], origin = 'cluster', ...pair }: FelixTrial,
  guardrail: Guardrail = keepFailsafePorts,
): Outcome {
  const verdict = tried(guardrail, pair, { world, origin });
  return {
    allowed: verdict.allowed,
    lines: told(verdict),
    findings: verdict.findings,
    notChecked: verdict.notChecked.map(({ reason }) => reason),
  };
}
