import { Command } from 'commander';
import { certsCommand } from './certs.ts';
import { checkCommand } from './check.ts';
import { checkInstallCommand } from './check-install.ts';
import { describeCommand } from './describe.ts';
import type { ExitCode } from './exit-code.ts';
import { explainCommand } from './explain.ts';
import type { Io } from './io.ts';
import { manifestsCommand } from './manifests.ts';
import { reachCommand } from './reach.ts';
import { type Serve, serveCommand } from './serve.ts';
import { versionCommand } from './version.ts';

/** What the command line is given from outside. */
export interface Doors {
  readonly serve: Serve;
}

/** The whole command line. Each command tells by `done` how the process should end. */
export function program(io: Io, doors: Doors, done: (code: ExitCode) => void): Command {
  const root = new Command('sekisho')
    .description(
      'A checkpoint for Kubernetes network policy: judges what a policy makes possible, not how it is spelled.',
    )
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(sekisho --help lists the commands, sekisho COMMAND --help its flags)')
    .addHelpText(
      'after',
      '\nExit codes: 0 judged, 1 findings at or above --fail-on, 2 could not judge, 3 internal error.',
    );
  const commands = [
    serveCommand(io, doors.serve, done),
    checkCommand(io, done),
    describeCommand(io, done),
    reachCommand(io, done),
    explainCommand(io, done),
    manifestsCommand(io, done),
    certsCommand(io, done),
    checkInstallCommand(io, done),
    versionCommand(io, done),
  ];
  for (const command of commands) root.addCommand(command.copyInheritedSettings(root));
  return root;
}
