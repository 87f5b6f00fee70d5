/** How the servers of the test control plane are started, and how to see that they are ready. */

import { readFile, stat } from 'node:fs/promises';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoggedProcess } from './control-plane-processes.ts';

/** What the arguments of the servers depend on. All files are in one folder, which is where the servers run. */
export interface ServerFiles {
  readonly folder: string;
  readonly certificateFolder: string;
  /** The certificate that the API server makes for itself, together with that of its authority. */
  readonly caFile: string;
  readonly serviceAccountKeyFile: string;
  readonly tokenFile: string;
  readonly kubeconfigFolder: string;
  /** The home folder of all programs. */
  readonly homeFolder: string;
}

/** The places of all files in the folder. */
export function serverFiles(folder: string): ServerFiles {
  const certificateFolder = join(folder, 'certificates');
  return {
    folder,
    certificateFolder,
    caFile: join(certificateFolder, 'apiserver.crt'),
    serviceAccountKeyFile: join(folder, 'service-account.key'),
    tokenFile: join(folder, 'tokens.csv'),
    kubeconfigFolder: join(folder, 'kubeconfigs'),
    homeFolder: join(folder, 'home'),
  };
}

/*
 * etcd asks nobody who they are, so it listens on a socket in a folder that is open to its owner only. The names are
 * relative to the working folder: older API servers cannot read an absolute path in such a URL, and long ones fail.
 */
const etcdSocket = 'etcd-clients.sock';

export function etcdArguments({ folder }: ServerFiles): string[] {
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=unix://${etcdSocket}`,
    '--listen-peer-urls=unix://etcd-peers.sock',
    // Has to be given and has to look like a TCP address; nothing connects to it.
    '--advertise-client-urls=http://127.0.0.1:2379',
    // The data goes with the folder, so it need not survive a loss of power.
    '--unsafe-no-fsync',
  ];
}

export function apiServerArguments(files: ServerFiles, port: number, extra: readonly string[]): string[] {
  return [
    `--etcd-servers=unix://${etcdSocket}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${files.certificateFolder}`,
    // Without these two the server looks for a network interface other than the loopback.
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${files.serviceAccountKeyFile}`,
    `--service-account-key-file=${files.serviceAccountKeyFile}`,
    `--token-auth-file=${files.tokenFile}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    // Pods must be accepted without a controller that makes their service accounts.
    '--disable-admission-plugins=ServiceAccount',
    // Otherwise a stop waits a minute for the watches of clients.
    '--shutdown-watch-termination-grace-period=1s',
    ...extra,
  ];
}

export function controllerManagerArguments(kubeconfig: string, garbageCollector: boolean): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    // Namespaces stay in deletion for ever without the first; nothing else here needs a controller.
    `--controllers=namespace-controller,serviceaccount-controller${garbageCollector ? ',garbage-collector-controller' : ''}`,
    // As clusters do: each controller is a user of its own, so that what it asks for can be told from others.
    ...(garbageCollector ? ['--use-service-account-credentials=true'] : []),
    '--leader-elect=false',
    '--secure-port=0',
  ];
}

/** Whether etcd listens. */
export async function etcdListens({ folder }: ServerFiles): Promise<boolean> {
  return stat(join(folder, etcdSocket)).then(
    () => true,
    () => false,
  );
}

/** Whether the API server answers a request with success. */
export async function apiServerAnswers(url: URL, caFile: string, token: string): Promise<boolean> {
  const ca = await readFile(caFile, 'utf8').catch(() => undefined);
  if (ca === undefined) return false;
  return new Promise((resolve) => {
    const request = get(url, { ca, agent: false, headers: { authorization: `Bearer ${token}` } });
    request.setTimeout(requestMilliseconds, () => request.destroy());
    request.once('error', () => resolve(false));
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
  });
}

const requestMilliseconds = 5_000;
const pollMilliseconds = 50;
const readinessMilliseconds = 120_000;

/** @throws Error with the end of the log if the process ends, or is not ready in time. */
export async function waitUntilReady(server: LoggedProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + readinessMilliseconds;
  while (!(await isReady())) {
    const failure = await failureToStart(server, deadline);
    if (failure !== undefined) throw new Error(`${failure}; the end of its log:\n${await server.logTail()}`);
    await delay(pollMilliseconds);
  }
}

async function failureToStart(server: LoggedProcess, deadline: number): Promise<string | undefined> {
  if (!server.isRunning()) return `${server.name} ended with code ${await server.ended} before it was ready`;
  if (Date.now() > deadline) return `${server.name} was not ready after ${readinessMilliseconds / 1000} seconds`;
  return undefined;
}

/*
 * Below the range from which Linux and others take the ports of outgoing connections: the port has to be free again
 * when the API server comes back, and a client that tries a free port of that range can get connected to itself.
 */
const firstPort = 20_000;
const portCount = 10_000;

export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = firstPort + Math.floor(Math.random() * portCount);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found between ${firstPort} and ${firstPort + portCount}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
