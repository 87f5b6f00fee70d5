/** Child processes for the test control plane: started with a log file, and never left behind. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';

/** What to run. The environment is the whole environment: nothing is inherited. */
export interface Command {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** What a command that has ended gave. A command that a signal ended has the code that a shell would show. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child process which writes both its outputs to a log file. */
export interface LoggedProcess {
  readonly name: string;
  readonly logFile: string;
  /** Settles with the exit code when the process has ended; fails if it could not be started. */
  readonly ended: Promise<number>;
  isRunning(): boolean;
  /** Sends the signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** The last lines of the log file. */
  logTail(): Promise<string>;
  /** Sends the signal and waits; a process that has not ended after the patience is killed. */
  end(signal: NodeJS.Signals, patienceMilliseconds: number): Promise<void>;
}

/** Processes that share a folder; both go when this process goes. */
export interface ProcessGroup {
  /** Starts a process that keeps running, with `<folder>/<name>.log` as its log; a second start appends to it. */
  start(name: string, command: Command): LoggedProcess;
  /** Runs a command to its end. */
  run(command: Command, stdin?: string): Promise<CommandResult>;
  /** Kills whatever still runs and removes the folder. */
  close(): Promise<void>;
}

const logTailLines = 30;
const killPatienceMilliseconds = 10_000;

/** Groups processes under an existing folder, which then belongs to the group. */
export function groupProcesses(folder: string): ProcessGroup {
  const pidFolder = join(folder, 'pids');
  mkdirSync(pidFolder, { recursive: true });
  const guard = startGuard(folder, pidFolder);
  const running = new Set<ChildProcess>();
  let closed = false;

  const track = (child: ChildProcess): Promise<number> => {
    running.add(child);
    const pidFile = child.pid === undefined ? undefined : join(pidFolder, String(child.pid));
    if (pidFile !== undefined) writeFileSync(pidFile, '');
    const ended = exitCode(child).finally(() => {
      running.delete(child);
      if (pidFile !== undefined) rmSync(pidFile, { force: true });
    });
    // A program that cannot be started fails for whoever waits for its end, and nobody may do so yet.
    ended.catch(() => undefined);
    return ended;
  };

  return {
    start: (name, command) => {
      if (closed) throw new Error(`${name} cannot be started any more: its folder was removed.`);
      return startLogged(name, command, join(folder, `${name}.log`), track);
    },
    run: async (command, stdin) => {
      if (closed) throw new Error(`${command.path} cannot be run any more: its folder was removed.`);
      return runToEnd(command, stdin, track);
    },
    close: async () => {
      closed = true;
      await Promise.all([...running].map((child) => endProcess(child, 'SIGKILL', killPatienceMilliseconds)));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      guard.kill('SIGKILL');
    },
  };
}

type Track = (child: ChildProcess) => Promise<number>;

function startLogged(name: string, command: Command, logFile: string, track: Track): LoggedProcess {
  const log = openSync(logFile, 'a');
  const child = spawn(command.path, command.args, { cwd: command.cwd, env: command.env, stdio: ['ignore', log, log] });
  closeSync(log);
  // A test that forgets to stop the control plane must not hang: this process may end, and the guard cleans up.
  child.unref();
  const ended = track(child);
  return {
    name,
    logFile,
    ended,
    isRunning: () => isRunning(child),
    signal: (signal) => void child.kill(signal),
    logTail: async () => lastLines(await readFile(logFile, 'utf8')),
    end: (signal, patienceMilliseconds) => endProcess(child, signal, patienceMilliseconds),
  };
}

async function runToEnd(command: Command, stdin: string | undefined, track: Track): Promise<CommandResult> {
  const child = spawn(command.path, command.args, { cwd: command.cwd, env: command.env, stdio: 'pipe' });
  const ended = track(child);
  // A command may end without reading all of its input; its exit code says what it thought of that.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin ?? '');
  const [code, stdout, stderr] = await Promise.all([ended, readText(child.stdout), readText(child.stderr)]);
  return { code, stdout, stderr };
}

async function readText(stream: NodeJS.ReadableStream): Promise<string> {
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals, patienceMilliseconds: number): Promise<void> {
  if (!isRunning(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const outOfPatience = setTimeout(() => child.kill('SIGKILL'), patienceMilliseconds);
  child.kill(signal);
  await ended;
  clearTimeout(outOfPatience);
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-logTailLines).join('\n');
}

/*
 * The read ends when this process is gone, however it went: by its end, a signal that nothing catches, or as a
 * worker thread in which signal and exit handlers would never run. The removal is tried twice because a process
 * that is being killed may still create a file.
 */
const guardScript = `
  while read -r line; do :; done
  for file in "$2"/*; do [ -e "$file" ] && kill -s KILL "\${file##*/}"; done
  rm -rf "$1" || { sleep 1; rm -rf "$1"; }`;

/** Starts a shell, in a session of its own, that outlives this process just long enough to clean up behind it. */
function startGuard(folder: string, pidFolder: string): ChildProcess {
  const args = ['-c', guardScript, 'control-plane-guard', folder, pidFolder];
  const guard = spawn('/bin/sh', args, { detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  guard.once('error', () => undefined);
  // The pipe must stay open for as long as this process lives, without keeping it alive.
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return guard;
}
