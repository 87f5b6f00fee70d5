/** The promised exit codes. */
export const exitCode = { judged: 0, findings: 1, notJudged: 2, internal: 3 } as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** A mistake of the person at the keyboard: one sentence with the way out, and no stack. */
export class UsageProblem extends Error {}
