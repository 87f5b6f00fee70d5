/**
 * From the start of the process to its first "ready", and the memory that it holds then, at most, and some time later:
 * without a cluster, and with a large World from a local list server. It is the bundle that is measured (`npm run build`).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { large } from './cluster.ts';
import { ClusterServer, kubeconfigFor } from './cluster-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-bench-'));
const bundle = join(import.meta.dirname, '..', 'dist', 'sekisho.js');
/** After this long, what the first list left behind has had time to go. */
const later = 30_000;

async function start(args: readonly string[]): Promise<string> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    // As the image starts it.
    [
      '--max-semi-space-size=4',
      bundle,
      'serve',
      '--listen',
      '127.0.0.1:0',
      '--metrics-listen',
      '127.0.0.1:0',
      '--log-level',
      'info',
      ...args,
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let metrics: string | undefined;
  for (;;) {
    metrics ??= /"metrics":"(http:[^"]+)"/.exec(text)?.[1];
    if (metrics !== undefined && (await fetch(`${metrics}/readyz`).catch(() => undefined))?.ok === true) break;
    if (child.exitCode !== null || performance.now() - began > 120_000) throw new Error(text.slice(-500));
    await pause(20);
  }
  const seconds = (performance.now() - began) / 1000;
  const atOnce = memory(child.pid, 'VmRSS');
  const cpu = cpuSeconds(child.pid);
  await pause(later);
  const [resident, most] = [memory(child.pid, 'VmRSS'), memory(child.pid, 'VmHWM')];
  child.kill('SIGKILL');
  return `ready after ${seconds.toFixed(2)} s; MiB resident: ${atOnce} then, ${resident} after ${later / 1000} s more, ${most} at most; ${cpu.toFixed(1)} s of CPU\n`;
}

/** Seconds that a process has kept processors busy with, in user and in system mode. A tick is 10 ms on Linux. */
function cpuSeconds(pid: number | undefined): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? [];
  return (Number(user) + Number(system)) / 100;
}

/** MiB of a process, by its name in /proc. */
function memory(pid: number | undefined, name: string): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024).toFixed(0);
}

process.stdout.write(`without a cluster: ${await start([])}`);
for (const size of [{ ...large, podsEach: 0 }, large]) {
  const { namespaces, policiesEach, podsEach } = size;
  const kubeconfig = join(folder, `kubeconfig-${podsEach}`);
  writeFileSync(kubeconfig, kubeconfigFor(await new ClusterServer(size).start()));
  const what = `${namespaces} namespaces, ${namespaces * policiesEach} policies, ${namespaces * podsEach} pods`;
  process.stdout.write(`${what}: ${await start(['--kubeconfig', kubeconfig])}`);
}
process.exit(0);
