/** One thing that must hold before requests may come: true, or one sentence about what is missing. */
export interface ReadinessCondition {
  readonly name: string;
  check(): true | string;
  /** Something to say although it holds. */
  note?(): string | undefined;
}

export interface ProbeAnswer {
  readonly status: 200 | 503;
  readonly lines: readonly string[];
}

/** Alive is whoever can answer at all: nothing outside the process makes a restart worth while. */
export const alive: ProbeAnswer = { status: 200, lines: ['ok'] };

/**
 * Whether every condition holds. With `verbose`, and where one fails, every condition is listed, in the form that the
 * probes of the API server have.
 */
export function readiness(conditions: readonly ReadinessCondition[], verbose: boolean): ProbeAnswer {
  const results = conditions.map((one) => ({ name: one.name, result: checked(() => one.check()), note: one.note?.() }));
  const ready = results.every(({ result }) => result === true);
  if (ready && !verbose) return alive;
  const lines = results.map(({ name, result, note }) =>
    result === true ? `[+]${name} ok${note === undefined ? '' : ` (${note})`}` : `[-]${name}: ${result}`,
  );
  return { status: ready ? 200 : 503, lines: [...lines, `readyz check ${ready ? 'passed' : 'failed'}`] };
}

function checked(check: () => true | string): true | string {
  try {
    return check();
  } catch (error) {
    return `the check itself failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
