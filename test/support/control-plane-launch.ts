/** Starts the servers of the test control plane in the order in which they need each other. */

import { mkdir } from 'node:fs/promises';
import {
  type Account,
  type Kubeconfigs,
  writeKubeconfigs,
  writeServiceAccountKey,
  writeTokenFile,
} from './control-plane-access.ts';
import type { Binaries } from './control-plane-binaries.ts';
import type { LoggedProcess, ProcessGroup } from './control-plane-processes.ts';
import {
  apiServerAnswers,
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  etcdListens,
  findFreePort,
  type ServerFiles,
  waitUntilReady,
} from './control-plane-servers.ts';

/** How the API server goes: with the end of its watches announced to the clients, or as in a crash. */
export type ApiServerStop = 'graceful' | 'abrupt';

/** What there is to launch, and where. */
export interface Launch {
  readonly binaries: Binaries;
  readonly files: ServerFiles;
  readonly processes: ProcessGroup;
  /** The administrator first. */
  readonly accounts: readonly [Account, ...Account[]];
  readonly controllerManager: boolean;
  readonly garbageCollector: boolean;
  readonly apiServerArgs: readonly string[];
}

/** The servers, once they are ready. */
export interface Servers {
  readonly url: string;
  readonly kubeconfigs: Kubeconfigs;
  readonly apiServer: ApiServer;
  readonly etcd: LoggedProcess;
}

/** An API server that can go and come back. */
export interface ApiServer {
  start(): Promise<void>;
  stop(how?: ApiServerStop): Promise<void>;
}

/** Starts etcd, the API server and, if wanted, the controller manager, and waits until each one is ready. */
export async function launchServers(launch: Launch): Promise<Servers> {
  const port = await findFreePort();
  const url = `https://127.0.0.1:${port}`;
  const kubeconfigs = await writeAccess(launch, url);
  const etcd = start(launch, 'etcd', launch.binaries.etcd, etcdArguments(launch.files));
  await waitUntilReady(etcd, () => etcdListens(launch.files));
  const alone = createApiServer(launch, url, port);
  const apiServer = launch.controllerManager
    ? withControllerManager(alone, () => startControllerManager(launch, url, kubeconfigs.administrator))
    : alone;
  await apiServer.start();
  return { url, kubeconfigs, apiServer, etcd };
}

/** Nothing of the surroundings must reach the programs: no proxy, no kubeconfig, no settings in the home folder. */
export function isolatedEnvironment(files: ServerFiles): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: files.homeFolder };
}

async function writeAccess({ files, accounts }: Launch, url: string): Promise<Kubeconfigs> {
  await Promise.all([files.homeFolder, files.kubeconfigFolder].map((folder) => mkdir(folder)));
  await writeTokenFile(files.tokenFile, accounts);
  await writeServiceAccountKey(files.serviceAccountKeyFile);
  return writeKubeconfigs(files.kubeconfigFolder, { url, caFile: files.caFile }, accounts);
}

function start(launch: Launch, name: string, path: string, args: readonly string[]): LoggedProcess {
  const { files, processes } = launch;
  return processes.start(name, { path, args, cwd: files.folder, env: isolatedEnvironment(files) });
}

const stopPatienceMilliseconds = 15_000;

function createApiServer(launch: Launch, url: string, port: number): ApiServer {
  const args = apiServerArguments(launch.files, port, launch.apiServerArgs);
  let server: LoggedProcess | undefined;
  return {
    start: async () => {
      if (server?.isRunning() === true) throw new Error('The API server runs already.');
      server = start(launch, 'kube-apiserver', launch.binaries.apiServer, args);
      await waitUntilReady(server, answers(launch, url, '/readyz'));
      // The server calls itself ready some time before it has made the namespaces that are always there.
      await waitUntilReady(server, answers(launch, url, '/api/v1/namespaces/default'));
    },
    stop: async (how = 'graceful') => {
      await server?.end(how === 'abrupt' ? 'SIGKILL' : 'SIGTERM', stopPatienceMilliseconds);
    },
  };
}

/** A controller manager that has lost its API server waits up to half a minute before it asks again, so it goes too. */
function withControllerManager(apiServer: ApiServer, startManager: () => Promise<LoggedProcess>): ApiServer {
  let manager: LoggedProcess | undefined;
  return {
    start: async () => {
      await apiServer.start();
      manager = await startManager();
    },
    stop: async (how) => {
      await manager?.end('SIGKILL', stopPatienceMilliseconds);
      await apiServer.stop(how);
    },
  };
}

async function startControllerManager(launch: Launch, url: string, kubeconfig: string): Promise<LoggedProcess> {
  const { controllerManager, folder } = launch.binaries;
  if (controllerManager === undefined) {
    throw new Error(
      `${folder} has no kube-controller-manager: put one of the same version there, or unset KUBEBUILDER_ASSETS to ` +
        'have all programs built with Go from test/control-plane.',
    );
  }
  const args = controllerManagerArguments(kubeconfig, launch.garbageCollector);
  const server = start(launch, 'kube-controller-manager', controllerManager, args);
  await waitUntilReady(server, answers(launch, url, '/api/v1/namespaces/default/serviceaccounts/default'));
  return server;
}

function answers({ files, accounts }: Launch, url: string, path: string): () => Promise<boolean> {
  return () => apiServerAnswers(new URL(path, url), files.caFile, accounts[0].token);
}
