/**
 * A real Kubernetes control plane for tests: etcd, kube-apiserver and, if wanted, kube-controller-manager, all on the
 * loopback interface of this machine, with data that goes when the test goes. There are no nodes.
 */

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { administratorName, type ControlPlaneUser, createAccounts } from './control-plane-access.ts';
import { type Binaries, type Log, locateBinaries } from './control-plane-binaries.ts';
import {
  type ApiServerStop,
  isolatedEnvironment,
  type Launch,
  launchServers,
  type Servers,
} from './control-plane-launch.ts';
import { type CommandResult, groupProcesses } from './control-plane-processes.ts';
import { serverFiles } from './control-plane-servers.ts';

export type { ControlPlaneUser } from './control-plane-access.ts';
export type { Binaries, Log } from './control-plane-binaries.ts';
export type { ApiServerStop } from './control-plane-launch.ts';
export type { CommandResult } from './control-plane-processes.ts';

/** What a control plane is to be like. */
export interface ControlPlaneOptions {
  readonly log: Log;
  /** Users besides the administrator. RBAC gives them nothing at first. */
  readonly users?: readonly ControlPlaneUser[];
  /** Runs the controllers that finish the deletion of namespaces and give each namespace its service account. */
  readonly controllerManager?: boolean;
  /** Also the controller that deletes what has lost its owner. All of them then act under accounts of their own. */
  readonly garbageCollector?: boolean;
  /** Further arguments for kube-apiserver, which win over those that it gets anyway. */
  readonly apiServerArgs?: readonly string[];
  /** What `locateBinaries` gave, if that was called already. */
  readonly binaries?: Binaries;
}

/** What kubectl gets besides its arguments. */
export interface KubectlOptions {
  readonly stdin?: string;
  /** The name of the user to be; the administrator if left out. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running control plane. */
export interface ControlPlane {
  /** The URL of the API server. It stays the same over restarts, and so does its certificate. */
  readonly url: string;
  /** The PEM file to check the certificate of the API server with. */
  readonly caFile: string;
  /** The path of the administrator's kubeconfig. */
  readonly adminKubeconfig: string;
  /** The folder of the data and of the logs of all servers; gone after `stop`. */
  readonly dataDir: string;
  /** The path of the kubeconfig of a user. */
  kubeconfigFor(userName: string): string;
  /** Runs kubectl to its end; a code other than 0 is a result, not an error. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<CommandResult>;
  /** Stops the API server, if it runs. etcd keeps running. */
  stopApiServer(how?: ApiServerStop): Promise<void>;
  /** Starts the API server again, on the same port and with the same data, and waits until it is ready. */
  startApiServer(): Promise<void>;
  restartApiServer(how?: ApiServerStop): Promise<void>;
  /** Keeps etcd from answering for so long, as a disk that hangs does. */
  stallEtcd(milliseconds: number): Promise<void>;
  /** Stops everything and removes the data. */
  stop(): Promise<void>;
}

/**
 * Starts a control plane and waits until it is ready. It also stops when this process ends without stopping it.
 *
 * @throws Error with the end of the server's log if a server does not start.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const accounts = createAccounts(options.users ?? []);
  const binaries = options.binaries ?? (await locateBinaries(options.log));
  const files = serverFiles(await mkdtemp(join(tmpdir(), 'sekisho-')));
  const processes = groupProcesses(files.folder);
  try {
    const { controllerManager = false, garbageCollector = false, apiServerArgs = [] } = options;
    const launch = { binaries, files, processes, accounts, controllerManager, garbageCollector, apiServerArgs };
    return controlPlane(launch, await launchServers(launch));
  } catch (error) {
    await processes.close();
    throw error;
  }
}

function controlPlane(
  { binaries, files, processes }: Launch,
  { url, kubeconfigs, apiServer, etcd }: Servers,
): ControlPlane {
  return {
    url,
    caFile: files.caFile,
    adminKubeconfig: kubeconfigs.administrator,
    dataDir: files.folder,
    kubeconfigFor: kubeconfigs.of,
    kubectl: async (args, { user = administratorName, stdin, env } = {}) => {
      const command = {
        path: binaries.kubectl,
        args: [`--kubeconfig=${kubeconfigs.of(user)}`, ...args],
        // The paths of manifests are meant as seen by the test.
        cwd: process.cwd(),
        env: { ...isolatedEnvironment(files), ...env },
      };
      return processes.run(command, stdin);
    },
    stopApiServer: apiServer.stop,
    startApiServer: apiServer.start,
    restartApiServer: async (how) => {
      await apiServer.stop(how);
      await apiServer.start();
    },
    stallEtcd: async (milliseconds) => {
      etcd.signal('SIGSTOP');
      await delay(milliseconds);
      etcd.signal('SIGCONT');
    },
    stop: processes.close,
  };
}
