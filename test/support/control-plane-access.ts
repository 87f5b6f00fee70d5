/** Who may speak with the test API server, and the files that prove it. */

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A user whom the API server knows by a bearer token. */
export interface ControlPlaneUser {
  /** As the API server sees it, for example `alice` or `system:serviceaccount:flux-system:kustomize-controller`. */
  readonly name: string;
  /** A random one if left out. */
  readonly token?: string;
  /** If left out: none, or for the name of a service account the groups that Kubernetes gives every service account. */
  readonly groups?: readonly string[];
}

/** The name of the user who is always there and may do everything. */
export const administratorName = 'admin';

/** A user with everything filled in. */
export interface Account {
  readonly name: string;
  readonly token: string;
  readonly groups: readonly string[];
}

/** The administrator first, then the users. */
export function createAccounts(users: readonly ControlPlaneUser[]): readonly [Account, ...Account[]] {
  const names = new Set<string>([administratorName]);
  for (const { name } of users) {
    if (names.has(name)) throw new Error(`The control plane cannot have two users named ${name}.`);
    names.add(name);
  }
  const administrator = createAccount({ name: administratorName, groups: ['system:masters'] });
  return [administrator, ...users.map(createAccount)];
}

function createAccount(user: ControlPlaneUser): Account {
  return {
    name: user.name,
    token: user.token ?? randomBytes(32).toString('hex'),
    groups: user.groups ?? groupsOfServiceAccount(user.name),
  };
}

function groupsOfServiceAccount(name: string): readonly string[] {
  const [system, kind, namespace, account] = name.split(':');
  if (system !== 'system' || kind !== 'serviceaccount' || namespace === undefined || account === undefined) return [];
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** Writes the file for `--token-auth-file`. */
export async function writeTokenFile(file: string, accounts: readonly Account[]): Promise<void> {
  const lines = accounts.map(({ token, name, groups }) =>
    [token, name, name, groups.join(',')].map(quoteField).join(','),
  );
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
}

function quoteField(field: string): string {
  return `"${field.replaceAll('"', '""')}"`;
}

/** The paths of the kubeconfigs. */
export interface Kubeconfigs {
  readonly administrator: string;
  /** @throws Error if there is no such account. */
  of(accountName: string): string;
}

/** Writes one kubeconfig for each account. */
export async function writeKubeconfigs(
  folder: string,
  cluster: { readonly url: string; readonly caFile: string },
  accounts: readonly [Account, ...Account[]],
): Promise<Kubeconfigs> {
  const files = new Map(accounts.map((account, index) => [account.name, kubeconfigFile(folder, account, index)]));
  await Promise.all(
    accounts.map((account, index) =>
      writeFile(kubeconfigFile(folder, account, index), kubeconfig(cluster, account), { mode: 0o600 }),
    ),
  );
  return {
    administrator: kubeconfigFile(folder, accounts[0], 0),
    of: (accountName) => {
      const file = files.get(accountName);
      if (file !== undefined) return file;
      throw new Error(`The control plane has no user ${accountName}, only ${[...files.keys()].join(', ')}.`);
    },
  };
}

function kubeconfigFile(folder: string, { name }: Account, index: number): string {
  // The names of service accounts have colons, which separate the paths in KUBECONFIG.
  return join(folder, `${index}-${name.replaceAll(/[^A-Za-z0-9.-]/g, '-')}.kubeconfig`);
}

function kubeconfig({ url, caFile }: { url: string; caFile: string }, { name, token }: Account): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name, namespace: 'default' } }],
    'current-context': 'test',
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** Writes the private key that the API server signs the tokens of service accounts with. */
export async function writeServiceAccountKey(file: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(file, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
}
