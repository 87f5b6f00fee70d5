import { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';

export function describeCommand(_io: Io, _done: (code: ExitCode) => void): Command {
  return new Command('describe');
}
