import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asList, dig } from '../../src/engine/json/read.ts';
import { findHelm } from '../deploy/rendered.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { until } from './cluster.ts';
import { Asker, account } from './self-managed.ts';

const root = resolve(import.meta.dirname, '../..');
const production = join(root, 'deploy/overlays/production');

/** What the API server takes for an endpoint must not be on the loopback interface. */
const here = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

let plane: ControlPlane;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-deploy-'));
  plane = await startControlPlane({
    log: (message) => void process.stderr.write(`${message}\n`),
    users: [{ name: account }],
    // There are no nodes to translate the address of a Service: the API server takes its endpoints itself.
    apiServerArgs: ['--enable-aggregator-routing=true'],
  });
}, 1_500_000);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await plane?.stop();
  await rm(folder, { recursive: true });
});

async function kubectl(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await plane.kubectl(args, stdin === undefined ? {} : { stdin });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout + stderr;
}

const get = async (...what: readonly string[]): Promise<unknown> =>
  JSON.parse(await kubectl(['get', ...what, '-n', 'sekisho-system', '-o', 'json']));

it('the API server takes every overlay as it is, without a word', async () => {
  await kubectl(['create', 'namespace', 'sekisho-system']);
  for (const overlay of ['development', 'production', 'high-availability']) {
    const said = await kubectl([
      'apply',
      '--server-side',
      '--dry-run=server',
      '-k',
      join(root, 'deploy/overlays', overlay),
    ]);
    expect(said).not.toMatch(/warning/i);
    expect(said.match(/serverside-applied/g)?.length).toBeGreaterThan(10);
  }
  expect(await kubectl(['apply', '--server-side', '--force-conflicts', '-k', production])).not.toMatch(/warning/i);
});

it('and what Helm renders, where there is one', async () => {
  const helm = await findHelm();
  if (helm === undefined) {
    process.stderr.write('There is no helm: what the chart renders is NOT shown to the API server here.\n');
    return;
  }
  const chart = ['template', 'sekisho', join(root, 'deploy/chart'), '--namespace', 'sekisho-system'];
  const { stdout } = await promisify(execFile)(helm, chart);
  const said = await kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-'], stdout);
  expect(said).not.toMatch(/warning/i);
  // The same objects by the same manager: nothing is in conflict, and the Deployment has nothing to roll out.
  const generation = dig(await get('deployment', 'sekisho'), 'metadata', 'generation');
  const after = JSON.parse(
    await kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-', '-o', 'json'], stdout),
  );
  const deployment = (asList(after.items) ?? []).find((one) => dig(one, 'kind') === 'Deployment');
  expect(dig(deployment, 'metadata', 'generation')).toBe(generation);
});

it('the pods hold to what the namespace demands of them (restricted)', async () => {
  const template = dig(await get('deployment', 'sekisho'), 'spec', 'template');
  for (const name of ['one', 'two']) {
    const metadata = { ...Object(dig(template, 'metadata')), name: `sekisho-${name}`, namespace: 'sekisho-system' };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: dig(template, 'spec') };
    expect(await kubectl(['create', '-f', '-'], JSON.stringify(pod))).not.toMatch(/warning/i);
  }
  const weaker = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'weaker', namespace: 'sekisho-system' },
    spec: { containers: [{ name: 'a', image: 'a' }] },
  };
  await expect(kubectl(['create', '-f', '-'], JSON.stringify(weaker))).rejects.toThrow(/violates PodSecurity/);
});

it('the command of the Deployment serves behind the Service, and a request is judged by way of it', async () => {
  const address = here ?? expect.fail('this machine has no address besides those of the loopback interface');
  const config = join(folder, 'config');
  await mkdir(config);
  for (const [name, text] of Object.entries(Object(dig(await get('configmap', 'sekisho-guardrails'), 'data'))))
    await writeFile(join(config, name), String(text));
  const [container] = asList(dig(await get('deployment', 'sekisho'), 'spec', 'template', 'spec', 'containers')) ?? [];
  const args = (asList(dig(container, 'args')) ?? []).map(String);
  // Only what a pod would find in its own place is elsewhere: the account, the mounted folder, the ports.
  const instead: Record<string, string> = {
    '--listen': `${address}:0`,
    '--metrics-listen': '127.0.0.1:0',
    '--config': config,
  };
  const own = args.flatMap((arg, at) =>
    arg === '--in-cluster' ? ['--kubeconfig', plane.kubeconfigFor(account)] : [instead[args[at - 1] ?? ''] ?? arg],
  );
  const replicas = await Promise.all([0, 1].map(() => replica(own)));
  for (const [at, { port }] of replicas.entries()) {
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `sekisho-${at}`,
        namespace: 'sekisho-system',
        labels: { 'kubernetes.io/service-name': 'sekisho' },
      },
      addressType: 'IPv4',
      ports: [{ name: 'webhook', port, protocol: 'TCP' }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    };
    await kubectl(['create', '-f', '-'], JSON.stringify(slice));
  }
  for (const one of replicas) await until(async () => (await fetch(`${one.metrics}/readyz`)).ok);
  const asker = await Asker.for(plane);
  try {
    let said = '';
    await until(async () => (said = await asker.ask()) === 'refused').catch(() => undefined);
    expect(said).toBe('refused');
  } finally {
    asker.close();
  }

  const checked = await promisify(execFile)(process.execPath, [
    join(root, 'src/main.ts'),
    ...['check-install', '--kubeconfig', plane.adminKubeconfig, '--format', 'json'],
  ]);
  const report = JSON.parse(checked.stdout);
  expect(report.findings).toEqual([]);
  expect(report.passed).toMatchObject([
    { check: 'registration' },
    { check: 'endpoints', ready: 2 },
    { check: 'reached', namespace: 'default', address },
    { check: 'ca-bundle', seen: false },
    { check: 'way', policies: ['NetworkPolicy sekisho-system/sekisho'] },
  ]);
}, 180_000);

async function replica(args: readonly string[]): Promise<{ port: number; metrics: string }> {
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LANG: 'C' },
  });
  children.push(child);
  let text = '';
  const hear = (chunk: Buffer) => (text += chunk.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [, url = '', metrics = ''] = await until(async () => {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}:\n${text}`);
    return /"url":"(https:[^"]+)","metrics":"(http:[^"]+)"/.exec(text) ?? undefined;
  });
  return { port: Number(new URL(url).port), metrics };
}
