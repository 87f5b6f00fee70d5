/** Builds programs that tests need from a Go module of this repository, once, and keeps them in the user's cache. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { withFileLock } from './control-plane-lock.ts';
import { groupProcesses } from './control-plane-processes.ts';

/** There is no Go that could build the programs. */
export class GoUnavailable extends Error {
  override readonly name = 'GoUnavailable';
  /** The oldest version that would do. */
  readonly needed: string;
  /** What is there instead, as half of a sentence. */
  readonly found: string;

  constructor(needed: string, found: string) {
    super(`Go ${needed} or later is needed, and ${found}.`);
    this.needed = needed;
    this.found = found;
  }
}

/** What to build. */
export interface GoProgram {
  /** The folder with `go.mod`, `go.sum` and perhaps `.go` files: their hash is the version of what is kept. */
  readonly moduleFolder: string;
  /** Where it is kept, below the folder of this project in the user's cache. */
  readonly cacheFolder: string;
  /** The `main` package. */
  readonly package: string;
  /** The file that the package becomes. */
  readonly binary: string;
  describe(goMod: string): GoProgramDetails;
  /** Puts what else belongs there beside the binary. */
  complete?(folder: string, goMod: string): Promise<void>;
}

/** What only the module's `go.mod` knows. */
export interface GoProgramDetails {
  /** For messages, with the version. */
  readonly title: string;
  readonly linkerSettings: readonly string[];
}

const progressMilliseconds = 60_000;

/**
 * Gives the folder with the built program, and builds it first if that was not done for the present sources.
 *
 * @throws GoUnavailable if it has to be built and cannot be.
 */
export async function buildOnce(program: GoProgram, log: (message: string) => void): Promise<string> {
  const sources = await readSources(program.moduleFolder);
  const goMod = sources.get('go.mod') ?? '';
  const cache = join(userCache(), 'sekisho', program.cacheFolder);
  const folder = join(cache, hashSources(sources));
  if (await exists(folder)) return folder;
  const goVersion = await findGo(program.moduleFolder, goMod);
  await mkdir(cache, { recursive: true });
  await withFileLock(`${folder}.lock`, log, async () => {
    if (await exists(folder)) return;
    log(`Building ${program.describe(goMod).title} with ${goVersion}: this takes several minutes, once.`);
    const started = Date.now();
    await build(program, goMod, folder, log);
    log(`Built in ${Math.round((Date.now() - started) / 1000)} seconds; it is kept in ${folder}.`);
  });
  return folder;
}

/** Gives the folder of the sources of a module, which is downloaded first if need be. */
export async function downloadGoModule(moduleFolder: string, path: string, version: string): Promise<string> {
  const args = ['mod', 'download', '-json', `${path}@${version}`];
  const { stdout } = await promisify(execFile)('go', args, { cwd: moduleFolder, env: goEnvironment() });
  const { Dir } = JSON.parse(stdout) as { Dir: string };
  return Dir;
}

/** The version that a `go.mod` requires of a module. */
export function requiredVersion(goMod: string, path: string): string {
  const escaped = path.replaceAll('.', '\\.');
  const version = new RegExp(`^\\s*(?:require )?${escaped} (v\\S+)`, 'm').exec(goMod)?.[1];
  if (version === undefined) throw new Error(`The go.mod names no version of ${path}.`);
  return version;
}

async function readSources(moduleFolder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(moduleFolder)).filter((name) => /^go\.(mod|sum)$|\.go$/.test(name)).sort();
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, string]> => [name, await readFile(join(moduleFolder, name), 'utf8')]),
    ),
  );
}

function hashSources(sources: ReadonlyMap<string, string>): string {
  return createHash('sha256')
    .update(JSON.stringify([...sources]))
    .digest('hex');
}

function userCache(): string {
  const xdgCacheHome = process.env['XDG_CACHE_HOME'];
  // The XDG specification has relative paths ignored.
  return xdgCacheHome !== undefined && isAbsolute(xdgCacheHome) ? xdgCacheHome : join(homedir(), '.cache');
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Gives the version of the Go that would build the module, which is not always the one in PATH. */
async function findGo(moduleFolder: string, goMod: string): Promise<string> {
  const needed = /^go (\d+\.\d+)/m.exec(goMod)?.[1];
  if (needed === undefined) throw new Error(`${moduleFolder}/go.mod names no version of go.`);
  const version = await promisify(execFile)('go', ['env', 'GOVERSION'], { cwd: moduleFolder, env: goEnvironment() })
    .then(({ stdout }) => stdout.trim())
    .catch((error: unknown) => {
      throw new GoUnavailable(needed, whyGoFailed(error));
    });
  const [major = 0, minor = 0] = (/go(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
    throw new GoUnavailable(needed, `the go in PATH is ${version}`);
  }
  return version;
}

function whyGoFailed(error: unknown): string {
  if (!(error instanceof Error)) return 'the go in PATH fails';
  if ('code' in error && error.code === 'ENOENT') return 'there is no go in PATH';
  // An older Go that may not fetch a newer one says so on its standard error.
  const output = 'stderr' in error ? String(error.stderr).trim() : '';
  return `the go in PATH says "${output.split('\n')[0] || error.message}"`;
}

function goEnvironment(): NodeJS.ProcessEnv {
  // A workspace, a C compiler or another target platform of the surroundings must have no say in this build.
  const { GOOS: _os, GOARCH: _arch, ...inherited } = process.env;
  return { ...inherited, GOWORK: 'off', CGO_ENABLED: '0' };
}

async function build(program: GoProgram, goMod: string, folder: string, log: (message: string) => void): Promise<void> {
  const { title, linkerSettings } = program.describe(goMod);
  const workFolder = await mkdtemp(`${folder}.building-`);
  const processes = groupProcesses(workFolder);
  const started = Date.now();
  const progress = setInterval(() => {
    log(`Still building, since ${Math.round((Date.now() - started) / 60_000)} minutes.`);
  }, progressMilliseconds);
  try {
    const result = join(workFolder, 'result');
    const temporary = join(workFolder, 'tmp');
    await Promise.all([mkdir(result), mkdir(temporary)]);
    const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', ['-s -w', ...linkerSettings].join(' ')];
    const compilation = processes.start('go-build', {
      path: 'go',
      args: ['build', ...flags, '-o', join(result, program.binary), program.package],
      cwd: program.moduleFolder,
      // An interrupted go leaves its temporary files behind; here they go with the work folder.
      env: { ...goEnvironment(), GOTMPDIR: temporary },
    });
    if ((await compilation.ended) !== 0) {
      throw new Error(`${title} could not be built:\n${await compilation.logTail()}`);
    }
    await program.complete?.(result, goMod);
    await moveIntoPlace(result, folder);
  } finally {
    clearInterval(progress);
    await processes.close();
  }
}

async function moveIntoPlace(result: string, folder: string): Promise<void> {
  try {
    await rename(result, folder);
  } catch (error) {
    // A lock that was taken for stale can let two builds run; what the other one made is as good.
    if (!(await exists(folder))) throw error;
  }
}
