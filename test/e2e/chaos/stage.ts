import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { runSekisho, until } from '../cluster.ts';
import { account, Replica } from '../self-managed.ts';
import { Api } from './api.ts';
import { deployedTimes, Pods } from './pods.ts';
import { Tenant } from './scenario.ts';
import { Service } from './service.ts';

const root = resolve(import.meta.dirname, '../../..');

/** Records who was let through without being asked about. */
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - level: Metadata
    verbs: [create, update, patch, delete]
    resources: [{ group: networking.k8s.io, resources: [networkpolicies] }]
  - level: None
`;

/** Two replicas behind a Service, registered with `failurePolicy: Fail`, in front of a real API server. */
export interface Stage {
  readonly plane: ControlPlane;
  readonly service: Service;
  readonly pods: Pods;
  /** An ordinary developer, who may do everything. */
  readonly api: Api;
  readonly tenants: readonly Tenant[];
  /** Puts other GuardrailSets in the place of those that the replicas follow, in one step as the kubelet does. */
  configure(text: string): Promise<void>;
  /** The audit IDs of the calls that were let through since nobody answered. */
  failedOpen(): Promise<ReadonlySet<string>>;
  stop(): Promise<void>;
}

/** The built-in guardrails, with something that changes no verdict here. */
export function guardrailSet(revision: number): string {
  const spec = `spec:\n  exemptions: {maxDays: ${100 + revision}}\n`;
  return `apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nmetadata: {name: chaos}\n${spec}`;
}

export async function startStage(options: { readonly certsTimes: string; readonly tenants: number }): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'sekisho-chaos-'));
  const auditLog = join(folder, 'audit.log');
  await writeFile(join(folder, 'audit.yaml'), auditPolicy);
  const plane = await startControlPlane({
    log: (message) => void process.stderr.write(`${message}\n`),
    users: [{ name: account }, { name: 'jane', groups: ['developers'] }],
    apiServerArgs: [`--audit-policy-file=${join(folder, 'audit.yaml')}`, `--audit-log-path=${auditLog}`],
  });
  const kubectl = async (args: readonly string[], stdin?: string): Promise<void> => {
    const { code, stderr } = await plane.kubectl(args, stdin === undefined ? {} : { stdin });
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  };
  for (const file of ['namespace', 'access']) await kubectl(['apply', '-f', join(root, `deploy/base/${file}.yaml`)]);
  await kubectl(['create', 'clusterrolebinding', 'developers', '--clusterrole=cluster-admin', '--group=developers']);
  const configFolder = join(folder, 'config');
  const configFile = join(configFolder, 'sekisho.yaml');
  await mkdir(configFolder);
  await writeFile(configFile, guardrailSet(0));

  const service = await Service.start();
  const flags = ['--config', configFolder, '--service', 'sekisho-system/sekisho'];
  const pods = new Pods(() => new Replica(plane, options.certsTimes, flags), service, await deployedTimes());
  const url = `https://127.0.0.1:${service.port}/validate`;
  await kubectl(['apply', '-f', '-'], await runSekisho(['manifests', '--url', url, '--failure-policy', 'Fail']));
  await Promise.all([pods.add(), pods.add()]);

  const api = await Api.as(plane, 'jane');
  const tenants = Array.from({ length: options.tenants }, (_, at) => new Tenant(`tenant-${at}`, at % 2 === 0));
  for (const tenant of tenants) await tenant.settle(api);
  const [first] = tenants;
  await until(async () => first === undefined || first.mend(api));
  return {
    plane,
    service,
    pods,
    api,
    tenants,
    configure: async (text) => {
      await writeFile(join(folder, 'next.yaml'), text);
      await rename(join(folder, 'next.yaml'), configFile);
    },
    failedOpen: async () => failedOpenIn(await readFile(auditLog, 'utf8')),
    stop: async () => {
      api.close();
      await pods.stop();
      service.close();
      await plane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function failedOpenIn(log: string): ReadonlySet<string> {
  const lines = log.split('\n').filter((line) => line.includes('failed-open.validating.webhook'));
  return new Set(lines.map((line) => JSON.parse(line).auditID));
}
