import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuardedCluster } from '../cluster.ts';
import { writeFiles } from './live.ts';
import { helmProgram } from './programs.ts';

/** Helm as a user runs it, and the charts that it gets. */
export interface Helm {
  /** The arguments after `helm`; a code other than 0 is a result, not an error. */
  run(args: readonly string[], user?: string): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Writes a chart with the templates and gives its folder; the same name replaces the chart. */
  chart(name: string, templates: Readonly<Record<string, string>>): Promise<string>;
  /** The status and the description that `helm history` shows of the last revision. */
  lastRevision(release: string, space: string): Promise<{ status: string; description: string; revision: number }>;
}

export async function prepareHelm(cluster: GuardedCluster, folder: string): Promise<Helm> {
  const path = await helmProgram();
  const run: Helm['run'] = (args, user = 'jane') =>
    new Promise((resolve, reject) => {
      const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: cluster.plane.kubeconfigFor(user) };
      const child = execFile(path, args, { env, cwd: folder }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? 1, stdout, stderr }),
      );
      child.once('error', reject);
    });
  return {
    run,
    chart: async (name, templates) => {
      const chart = join(folder, 'charts', name);
      await rm(chart, { recursive: true, force: true });
      const files = Object.entries(templates).map(([file, text]) => [`templates/${file}`, text]);
      const about = JSON.stringify({ apiVersion: 'v2', name, version: '1.0.0' });
      await writeFiles(chart, { 'Chart.yaml': about, ...Object.fromEntries(files) });
      return chart;
    },
    lastRevision: async (release, space) => {
      const { stdout } = await run(['history', release, '-n', space, '-o', 'json'], 'admin');
      return JSON.parse(stdout).at(-1);
    },
  };
}
