/** Builds the programs of the test control plane from `test/control-plane` with Go, once, and keeps them. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** The Go module of the programs. */
const moduleFolder = fileURLToPath(new URL('../control-plane', import.meta.url));
const programs = ['kube-apiserver', 'etcd', 'kubectl', 'kube-controller-manager'];
const progressMilliseconds = 60_000;

/**
 * Gives the folder with the built programs, and builds them first if that was not done for the present sources.
 *
 * @throws GoUnavailable if they have to be built and cannot be.
 */
export async function buildBinaries(log: (message: string) => void): Promise<string> {
  const sources = await readSources();
  const folder = join(cacheFolder(), hashSources(sources));
  if (await exists(folder)) return folder;
  const versions = parseGoMod(sources.get('go.mod') ?? '');
  const goVersion = await findGo(versions.go);
  await mkdir(cacheFolder(), { recursive: true });
  await withFileLock(`${folder}.lock`, log, async () => {
    if (await exists(folder)) return;
    log(`Building ${programs.join(', ')} ${versions.kubernetes} with ${goVersion}: this takes several minutes, once.`);
    const started = Date.now();
    await build(folder, versions.kubernetes, log);
    log(`Built them in ${Math.round((Date.now() - started) / 1000)} seconds; they are kept in ${folder}.`);
  });
  return folder;
}

async function readSources(): Promise<ReadonlyMap<string, string>> {
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

function cacheFolder(): string {
  const xdgCacheHome = process.env['XDG_CACHE_HOME'];
  // The XDG specification has relative paths ignored.
  const userCache = xdgCacheHome !== undefined && isAbsolute(xdgCacheHome) ? xdgCacheHome : join(homedir(), '.cache');
  return join(userCache, 'sekisho', 'control-plane');
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

interface Versions {
  readonly go: string;
  readonly kubernetes: string;
}

function parseGoMod(goMod: string): Versions {
  const go = /^go (\d+\.\d+)/m.exec(goMod)?.[1];
  const kubernetes = /^\s*(?:require )?k8s\.io\/kubernetes (v\S+)/m.exec(goMod)?.[1];
  if (go === undefined || kubernetes === undefined) {
    throw new Error(`${moduleFolder}/go.mod names no version of go or of k8s.io/kubernetes.`);
  }
  return { go, kubernetes };
}

/** Gives the version of the Go that would build the module, which is not always the one in PATH. */
async function findGo(needed: string): Promise<string> {
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

async function build(folder: string, kubernetesVersion: string, log: (message: string) => void): Promise<void> {
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
    const compilation = processes.start('go-build', {
      path: 'go',
      args: ['build', ...buildFlags(kubernetesVersion), '-o', join(result, 'control-plane'), '.'],
      cwd: moduleFolder,
      // An interrupted go leaves its temporary files behind; here they go with the work folder.
      env: { ...goEnvironment(), GOTMPDIR: temporary },
    });
    if ((await compilation.ended) !== 0) {
      throw new Error(`The programs of the test control plane could not be built:\n${await compilation.logTail()}`);
    }
    await Promise.all(programs.map((program) => symlink('control-plane', join(result, program))));
    await moveIntoPlace(result, folder);
  } finally {
    clearInterval(progress);
    await processes.close();
  }
}

/** The version that the programs report has to be set from outside, as the Kubernetes build does. */
function buildFlags(kubernetesVersion: string): string[] {
  const [major, minor] = kubernetesVersion.replace(/^v/, '').split('.');
  const variables = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor };
  const settings = Object.entries(variables).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', ['-s -w', ...settings].join(' ')];
}

async function moveIntoPlace(result: string, folder: string): Promise<void> {
  try {
    await rename(result, folder);
  } catch (error) {
    // A lock that was taken for stale can let two builds run; what the other one made is as good.
    if (!(await exists(folder))) throw error;
  }
}
