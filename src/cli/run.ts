import { CommanderError } from 'commander';
import { type ExitCode, exitCode, UsageProblem } from './exit-code.ts';
import { type Io, processIo } from './io.ts';
import { type Doors, program } from './program.ts';

/**
 * Runs one command and says with which code the process should end. Nothing is thrown: a user's mistake is a sentence,
 * anything else is ours and keeps its stack.
 */
export async function run(args: readonly string[], doors: Doors, io: Io = processIo): Promise<ExitCode> {
  let code: ExitCode = exitCode.judged;
  try {
    const command = program(io, doors, (result) => {
      code = result;
    });
    await command.parseAsync(args, { from: 'user' });
    return code;
  } catch (problem) {
    if (problem instanceof CommanderError) return problem.exitCode === 0 ? exitCode.judged : exitCode.notJudged;
    if (problem instanceof Error && isPersonsMistake(problem)) {
      io.err(`sekisho: ${problem.message}\n`);
      return exitCode.notJudged;
    }
    io.err(
      `sekisho: internal error\n${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}\n`,
    );
    return exitCode.internal;
  }
}

/** Problems that the doors report by name, since nobody imports them. */
const personsMistakes = ['StartProblem', 'ConnectionProblem', 'CertificateProblem'];

function isPersonsMistake(problem: Error): boolean {
  return problem instanceof UsageProblem || personsMistakes.includes(problem.name);
}
