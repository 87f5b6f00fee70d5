import { exitCode } from './exit-code.ts';

/**
 * What becomes of the process where its output has nowhere to go. A reader that has seen enough (`| head`) is no failure:
 * the exit code stays that of the verdict. Anything else, such as a full disk, is one sentence and exit code 2: what was
 * judged has not been told.
 */
export function heedOutputFailures(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`sekisho: the output cannot be written (${error.code ?? error.message})\n`);
    process.once('exit', () => {
      process.exitCode = exitCode.notJudged;
    });
  });
  // There is no other place to say so.
  process.stderr.on('error', () => undefined);
}
