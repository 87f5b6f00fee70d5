import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type CommandResult,
  type ControlPlane,
  type ControlPlaneUser,
  startControlPlane,
} from '../support/control-plane.ts';

const root = resolve(import.meta.dirname, '../..');

/** A real API server with the real webhook process in front of it, registered as `sekisho manifests` says. */
export interface GuardedCluster {
  readonly plane: ControlPlane;
  /** As an ordinary developer, who may do everything but is no member of the platform. */
  kubectl(args: readonly string[], options?: { stdin?: string; user?: string }): Promise<CommandResult>;
  apply(manifest: string, ...args: string[]): Promise<CommandResult>;
  /** Everything that the webhook has logged so far. */
  log(): string;
  /** Resolves when the webhook says that it is ready. */
  ready(): Promise<void>;
  /** The metrics of the webhook, as text. */
  metrics(): Promise<string>;
  /** Replaces the GuardrailSet that the webhook serves; it reloads by itself. */
  configure(text: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startGuardedCluster(
  options: {
    failurePolicy?: 'Fail' | 'Ignore';
    config?: string;
    quiet?: boolean;
    /** Besides jane of the developers, and Flux. */
    users?: readonly ControlPlaneUser[];
    /** As `--service` of the webhook. */
    service?: string;
    /** Also the controller that deletes what has lost its owner. */
    garbageCollector?: boolean;
    /** The one of the users whose rights the webhook has; the administrator if left out. */
    webhookUser?: string;
    /** And what those rights are, as the rules of a ClusterRole. */
    webhookRules?: readonly object[];
  } = {},
): Promise<GuardedCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'sekisho-e2e-'));
  const plane = await startControlPlane({
    log: (message) => void (options.quiet === true || process.stderr.write(`${message}\n`)),
    users: [
      { name: 'jane', groups: ['developers'] },
      { name: 'system:serviceaccount:flux-system:kustomize-controller' },
      ...(options.users ?? []),
    ],
    controllerManager: true,
    garbageCollector: options.garbageCollector ?? false,
  });
  const configFile = join(folder, 'config', 'sekisho.yaml');
  if (options.webhookRules !== undefined) await grant(plane, options.webhookUser ?? '', options.webhookRules);
  const webhook = await startWebhook(folder, plane, configFile, options);
  const kubectl: GuardedCluster['kubectl'] = (args, { stdin, user = 'jane' } = {}) =>
    plane.kubectl(args, { user, ...(stdin === undefined ? {} : { stdin }) });
  const admin = await plane.kubectl([
    'create',
    'clusterrolebinding',
    'developers',
    '--clusterrole=cluster-admin',
    '--group=developers',
    '--group=system:serviceaccounts',
  ]);
  if (admin.code !== 0) throw new Error(admin.stderr);
  await webhook.ready();
  const registration = await runSekisho([
    'manifests',
    '--url',
    `${webhook.url}/validate`,
    '--ca',
    webhook.caFile,
    '--failure-policy',
    options.failurePolicy ?? 'Fail',
  ]);
  const registered = await plane.kubectl(['apply', '-f', '-'], { stdin: registration });
  if (registered.code !== 0) throw new Error(registered.stderr);
  await until(
    async () =>
      (await kubectl(['create', '--dry-run=server', '-n', 'default', '-f', '-'], { stdin: probe })).code !== 0,
  );
  return {
    plane,
    kubectl,
    apply: (manifest, ...args) => kubectl(['apply', '-f', '-', ...args], { stdin: manifest }),
    log: webhook.log,
    ready: webhook.ready,
    metrics: webhook.metrics,
    configure: (text) => writeFile(configFile, text),
    stop: async () => {
      await webhook.stop();
      await plane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function grant(plane: ControlPlane, user: string, rules: readonly object[]): Promise<void> {
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: `test:${user}` } };
  const apiGroup = 'rbac.authorization.k8s.io';
  const items = [
    { ...rbac, kind: 'ClusterRole', rules },
    {
      ...rbac,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup, kind: 'ClusterRole', name: rbac.metadata.name },
      subjects: [{ apiGroup, kind: 'User', name: user }],
    },
  ];
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { code, stderr } = await plane.kubectl(['apply', '-f', '-'], { stdin });
  if (code !== 0) throw new Error(stderr);
}

const emptySet = 'apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nmetadata: {name: e2e}\nspec: {}\n';

/** Refused as soon as the API server asks the webhook at all. */
const probe = JSON.stringify({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'probe' },
  spec: { podSelector: {}, ingress: [{}] },
});

async function startWebhook(
  folder: string,
  plane: ControlPlane,
  configFile: string,
  { config = emptySet, service, webhookUser }: { config?: string; service?: string; webhookUser?: string },
) {
  await mkdir(join(folder, 'config'), { recursive: true });
  await writeFile(configFile, config);
  const args = [
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--metrics-listen',
    '127.0.0.1:0',
    '--kubeconfig',
    webhookUser === undefined ? plane.adminKubeconfig : plane.kubeconfigFor(webhookUser),
    '--config',
    configFile,
    '--log-level',
    'debug',
    ...(service === undefined ? [] : ['--service', service]),
  ];
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LANG: 'C' },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const found = await until(async () => {
    if (child.exitCode !== null) throw new Error(`the webhook ended with code ${child.exitCode}:\n${text}`);
    return /"url":"(https:[^"]+)","metrics":"(http:[^"]+)"/.exec(text) ?? undefined;
  });
  const [, url = '', metrics = ''] = found;
  return {
    url,
    caFile: join(folder, 'certs', 'dev', 'ca.crt'),
    log: () => text,
    ready: async () => {
      await until(async () => (await fetch(`${metrics}/readyz`).catch(() => undefined))?.ok === true);
    },
    metrics: async () => (await fetch(`${metrics}/metrics`)).text(),
    stop: () => stopped(child),
  };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  child.kill('SIGTERM');
  await ended;
}

export async function runSekisho(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise((done) => child.once('exit', done));
  if (code !== 0) throw new Error(`sekisho ${args.join(' ')} ended with code ${code}`);
  return text;
}

/** Asks again and again until there is an answer; ends with an error after a minute. */
export async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await pause(100);
  }
  throw new Error('waited for a minute in vain');
}

export function policy(namespace: string, name: string, spec: object): string {
  return JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec,
  });
}
