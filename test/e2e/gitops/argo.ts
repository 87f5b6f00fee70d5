import { execFile, spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from '../../support/control-plane-servers.ts';
import { type GuardedCluster, until } from '../cluster.ts';
import { writeFiles } from './live.ts';
import { gitopsEngineProgram } from './programs.ts';

export const argoAccount = 'system:serviceaccount:argocd:argocd-application-controller';

/** Argo CD's sync engine. */
export interface Argo {
  /** Commits the files as the whole content of an application, syncs once with pruning, and gives the results. */
  sync(application: string, files: Readonly<Record<string, string>>): Promise<string>;
}

export async function prepareArgo(cluster: GuardedCluster, folder: string): Promise<Argo> {
  const path = await gitopsEngineProgram();
  return {
    sync: async (application, files) => {
      const repository = join(folder, 'repositories', application);
      await commit(repository, files);
      return syncOnce(path, repository, { HOME: folder, KUBECONFIG: cluster.plane.kubeconfigFor(argoAccount) });
    },
  };
}

async function commit(repository: string, files: Readonly<Record<string, string>>): Promise<void> {
  await rm(join(repository, 'app'), { recursive: true, force: true });
  await mkdir(join(repository, 'app'), { recursive: true });
  await writeFiles(join(repository, 'app'), files);
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  for (const args of [
    ['init', '--quiet'],
    ['add', '--all'],
    ['commit', '--quiet', '--allow-empty', '-m', 'revision'],
  ]) {
    await promisify(execFile)('git', [...identity, ...args], { cwd: repository });
  }
}

/** The agent syncs when it starts, prints a table of the results, and waits: that is one sync, and enough. */
async function syncOnce(path: string, repository: string, environment: Record<string, string>): Promise<string> {
  const args = [repository, '--path=app', '--default-namespace=default', `--port=${await findFreePort()}`];
  const child = spawn(path, args, {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  let results = '';
  let log = '';
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.stdout.on('data', (chunk: Buffer) => (results += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  try {
    await until(async () => {
      if (child.exitCode !== null || log.includes('Failed to synchronize')) throw new Error(log);
      return results.startsWith('RESOURCE') && results.endsWith('\n');
    });
    return results;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
