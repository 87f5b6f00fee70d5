import { access, constants } from 'node:fs/promises';
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { ConnectionProblem } from './connection-problem.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { reasonOf } from './reason.ts';

/** Which cluster to speak with, and as whom. */
export type ClusterChoice =
  /** `kubeconfig` is a file; without it those of KUBECONFIG, else `~/.kube/config`. */
  | { readonly kubeconfig?: string }
  /** As the service account of the pod. `root` stands before `/var/run/secrets` where the files are elsewhere. */
  | { readonly inCluster: true; readonly root?: string };

/** What a request needs besides its path. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized' | 'auth'>;
  /** Only where the kubeconfig names a proxy. */
  readonly proxy?: Agent;
}

/** A cluster that has been found; nothing has been asked of it yet. */
export interface CredentialSource {
  /** `https://host:port`, with a path where the cluster is behind one, without a slash at the end. */
  readonly server: string;
  /** Reads the token file, runs the exec plugin, takes what is cached: for each request anew. Rejects if it cannot. */
  credentials(): Promise<Credentials>;
}

/** @throws ConnectionProblem */
export async function credentialSource(choice: ClusterChoice): Promise<CredentialSource> {
  // Loading the client costs 300 ms and 75 MB, which only those who speak with a cluster should pay.
  const { KubeConfig } = await import('./kube-config.ts');
  const kube = new KubeConfig();
  if ('inCluster' in choice) return inCluster(kube, choice.root ?? '');
  const { server, config, proxied } = await readKubeconfig(choice.kubeconfig);
  load(() => kube.loadFromString(config), 'The kubeconfig');
  return { server, credentials: shared(kube, proxied) };
}

async function inCluster(kube: KubeConfig, root: string): Promise<CredentialSource> {
  const host = process.env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = process.env['KUBERNETES_SERVICE_PORT'] ?? '';
  if (host === '' || port === '') {
    throw new ConnectionProblem(
      'This is not a pod of a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; use --kubeconfig',
    );
  }
  const folder = join(root, '/var/run/secrets/kubernetes.io/serviceaccount');
  for (const file of ['token', 'ca.crt']) {
    try {
      await access(join(folder, file), constants.R_OK);
    } catch (thrown) {
      throw new ConnectionProblem(
        `The pod has no service account to use: ${join(folder, file)}: ${reasonOf(thrown)}; set automountServiceAccountToken: true`,
      );
    }
  }
  load(() => kube.loadFromCluster(root), 'The service account of the pod');
  const server = kube.getCurrentCluster()?.server ?? '';
  if (!URL.canParse(server)) {
    throw new ConnectionProblem(`KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address: "${server}"`);
  }
  return { server, credentials: shared(kube, false) };
}

function load(run: () => void, what: string): void {
  try {
    run();
  } catch (thrown) {
    throw new ConnectionProblem(`${what} cannot be used: ${reasonOf(thrown)}`);
  }
}

/** Requests that begin together share one run of the exec plugin. */
function shared(kube: KubeConfig, proxied: boolean): () => Promise<Credentials> {
  let running: Promise<Credentials> | undefined;
  return () => {
    running ??= read(kube, proxied).finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function read(kube: KubeConfig, proxied: boolean): Promise<Credentials> {
  const options: RequestOptions = { headers: {} };
  await kube.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file that ends with a line break is common, and no header may hold one.
    if (value !== undefined) headers[name] = String(value).trim();
  }
  const { ca, cert, key, servername, rejectUnauthorized, auth, agent } = options;
  return {
    headers,
    // The client's own agent is made once and keeps the certificates of that moment; these are of now.
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(servername !== undefined && { servername }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      ...(auth !== undefined && auth !== null && { auth }),
    },
    ...(proxied && typeof agent === 'object' && { proxy: agent }),
  };
}
