import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type GuardedCluster, until } from '../cluster.ts';
import { serveArtifacts } from './artifacts.ts';
import { namespace } from './objects.ts';
import { kustomizeControllerProgram } from './programs.ts';

export const fluxAccount = 'system:serviceaccount:flux-system:kustomize-controller';

/** The Ready condition of a Kustomization, where its user looks. */
export interface Ready {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

interface KustomizationOptions {
  readonly force?: boolean;
  /** The namespace of the Kustomization. */
  readonly space?: string;
  /** The account to act as, instead of the controller's own. */
  readonly serviceAccountName?: string;
}

/** Flux's kustomize-controller at work. */
export interface Flux {
  /** Makes a Kustomization and its source, which has no revision yet. */
  create(name: string, options?: KustomizationOptions): Promise<void>;
  /** Publishes a revision and gives what the controller says of it. */
  commit(name: string, files: Readonly<Record<string, string>>): Promise<Ready>;
  /** Has the controller try once more, and gives what it says then. */
  reconcile(name: string): Promise<Ready>;
  /** Asks for the removal, without waiting for it. */
  remove(name: string): Promise<void>;
  removed(name: string): Promise<void>;
  /** The messages of the events of a Kustomization. */
  events(name: string): Promise<string>;
  /** Everything that the controller has logged so far. */
  log(): string;
  stop(): Promise<void>;
}

export async function startFlux(cluster: GuardedCluster, folder: string): Promise<Flux> {
  const program = await kustomizeControllerProgram();
  const admin = async (args: readonly string[], stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.plane.kubectl(args, stdin === undefined ? {} : { stdin });
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  await admin(['apply', '--server-side', '-f', program.crds]);
  await admin(['wait', '--for=condition=established', '--timeout=60s', 'crd', '--all']);
  await admin(['apply', '-f', '-'], namespace('flux-system'));
  const artifacts = await serveArtifacts(join(folder, 'artifacts'));
  const controller = await startController(program.path, cluster, folder);
  const spaces = new Map<string, string>();
  const at = (kind: string, name: string): string[] => [
    `${kind}.toolkit.fluxcd.io`,
    name,
    '-n',
    spaces.get(name) ?? '',
  ];
  const kustomization = async (name: string) =>
    JSON.parse(await admin(['get', ...at('kustomizations.kustomize', name), '-o', 'json']));

  const settled = (name: string, isMeant: (status: Record<string, unknown>) => boolean): Promise<Ready> =>
    until(async () => {
      controller.check();
      const { metadata, status } = await kustomization(name);
      const ready = status?.conditions?.find((one: { type: string }) => one.type === 'Ready');
      const isOver = ready?.status === 'True' || ready?.status === 'False';
      return isOver && status.observedGeneration === metadata.generation && isMeant(status)
        ? (ready as Ready)
        : undefined;
    });

  return {
    create: async (name, options = {}) => {
      spaces.set(name, options.space ?? 'flux-system');
      await admin(['apply', '-f', '-'], manifests(name, options));
    },
    commit: async (name, files) => {
      const artifact = await artifacts.publish(files);
      const patch = JSON.stringify({ status: { artifact } });
      await admin([
        'patch',
        ...at('gitrepositories.source', name),
        '--subresource=status',
        '--type=merge',
        '-p',
        patch,
      ]);
      return settled(name, ({ lastAttemptedRevision }) => lastAttemptedRevision === artifact.revision);
    },
    reconcile: async (name) => {
      const token = String(Date.now());
      await admin([
        'annotate',
        '--overwrite',
        ...at('kustomizations.kustomize', name),
        `reconcile.fluxcd.io/requestedAt=${token}`,
      ]);
      return settled(name, ({ lastHandledReconcileAt }) => lastHandledReconcileAt === token);
    },
    remove: async (name) => {
      await admin(['delete', '--wait=false', ...at('kustomizations.kustomize', name)]);
    },
    removed: async (name) => {
      await admin(['wait', '--for=delete', '--timeout=60s', ...at('kustomizations.kustomize', name)]);
    },
    events: async (name) =>
      admin([
        'get',
        'events',
        '-n',
        spaces.get(name) ?? '',
        '--field-selector',
        `involvedObject.name=${name}`,
        '-o',
        'jsonpath={.items[*].message}',
      ]),
    log: controller.log,
    stop: async () => {
      await controller.stop();
      await artifacts.stop();
    },
  };
}

function manifests(name: string, { force = false, space = 'flux-system', serviceAccountName }: KustomizationOptions) {
  const metadata = { name, namespace: space };
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata,
    spec: { interval: '1h', url: 'https://git.example.com/team' },
  };
  const kustomization = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata,
    spec: {
      interval: '1h',
      retryInterval: '2s',
      timeout: '30s',
      path: './',
      prune: true,
      force,
      sourceRef: { kind: 'GitRepository', name },
      ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    },
  };
  return [source, kustomization].map((one) => JSON.stringify(one)).join('\n---\n');
}

async function startController(path: string, cluster: GuardedCluster, folder: string) {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  const args = ['--enable-leader-election=false', '--metrics-addr=0', '--health-addr=0', '--log-encoding=console'];
  const child = spawn(path, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: temporary,
      KUBECONFIG: cluster.plane.kubeconfigFor(fluxAccount),
      RUNTIME_NAMESPACE: 'flux-system',
    },
  });
  let text = '';
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    check: () => {
      if (child.exitCode !== null) throw new Error(`kustomize-controller ended with code ${child.exitCode}:\n${text}`);
    },
    log: () => text,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
