import { it } from 'vitest';

/** What the runs with every client have in common; they are the headings of the table in `docs/gitops.md`. */
export const scenarios = {
  comesUp: 'Namespace, default deny and allow come up in one revision, under default settings',
  refused: 'A refused change leaves the live object as it was (same uid, same resourceVersion)',
  readable: "The message is where that tool's user looks",
  mended: 'The fix goes through on the next run, without a manual step',
  renamed: 'A rename of the default deny does not deadlock',
  removed: 'Removal removes everything',
  adopted: 'A cluster full of violations is adopted, and does not freeze',
  other: 'What else the client does',
} as const;

/** One line of the table. */
export interface TableLine {
  readonly scenario: string;
  readonly how: string;
  readonly result: string;
}

declare module 'vitest' {
  interface TaskMeta {
    tableLine?: TableLine;
  }
}

/** A test that is a line of the table: the result is what it asserts, in words. */
export function scenario(of: keyof typeof scenarios, how: string, result: string, run: () => Promise<void>): void {
  const line = { scenario: scenarios[of], how, result };
  it(`${scenarios[of]}: ${how}`, async ({ task }) => {
    task.meta.tableLine = line;
    await run();
  });
}
