import { X509Certificate } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { parseDocument } from 'yaml';
import { asList, asString, dig, field, isObject, type JsonObject } from '../engine/json/read.ts';
import { ConnectionProblem } from './connection-problem.ts';
import { reasonOf } from './reason.ts';

/** The one cluster and the one user that a kubeconfig's current context means. */
export interface ChosenContext {
  readonly server: string;
  /** A kubeconfig of this context alone, with absolute file names, as JSON. */
  readonly config: string;
  readonly proxied: boolean;
}

const clusterFiles = ['certificate-authority'];
const userFiles = ['client-certificate', 'client-key', 'tokenFile'];

/**
 * Reads kubeconfig files as kubectl does: `file` alone, or those of KUBECONFIG (missing ones are passed over, the first
 * to name something wins), or `~/.kube/config`. Only what the current context means is looked at, so that a broken entry
 * of another cluster is in nobody's way.
 *
 * @throws ConnectionProblem
 */
export async function readKubeconfig(file: string | undefined): Promise<ChosenContext> {
  const { files, found } = await findConfigs(file);
  const place = files.join(', ');
  const contextName = first(found, (config) => nonEmpty(field(config, 'current-context')));
  if (contextName === undefined) {
    throw new ConnectionProblem(`${place} has no current-context; choose one with: kubectl config use-context NAME`);
  }
  const context = pick(found, 'contexts', contextName, 'context', place, 'The current-context');
  const clusterName = nonEmpty(field(context, 'cluster')) ?? '';
  const cluster = pick(found, 'clusters', clusterName, 'cluster', place, `The cluster of context ${contextName},`);
  const userName = nonEmpty(field(context, 'user'));
  const user =
    userName === undefined ? {} : pick(found, 'users', userName, 'user', place, `The user of context ${contextName},`);
  return chosen(cluster, user, place);
}

async function chosen(cluster: JsonObject, user: JsonObject, place: string): Promise<ChosenContext> {
  const server = nonEmpty(field(cluster, 'server')) ?? '';
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new ConnectionProblem(
      `The server of the current context in ${place} is not a URL of http or https: "${server}"`,
    );
  }
  for (const name of clusterFiles) await mustBeReadable(field(cluster, name), name, place);
  for (const name of userFiles) await mustBeReadable(field(user, name), name, place);
  const plain = url.protocol === 'http:';
  await mustBeUsable(cluster, plain ? {} : user, place);
  const parts = {
    // The client refuses plain HTTP unless TLS is not to be verified; there is none. And like kubectl: no secret over it.
    cluster: plain ? { ...cluster, 'insecure-skip-tls-verify': true } : cluster,
    user: plain ? {} : withTokenFile(user),
  };
  const config = {
    clusters: [{ name: 'cluster', cluster: parts.cluster }],
    // Always a user, be it without credentials: without one the client leaves the certificate authority out as well.
    users: [{ name: 'user', user: parts.user }],
    contexts: [{ name: 'context', context: { cluster: 'cluster', user: 'user' } }],
    'current-context': 'context',
  };
  const proxied = nonEmpty(field(cluster, 'proxy-url')) !== undefined;
  return { server: server.replace(/\/+$/, ''), config: JSON.stringify(config), proxied };
}

/** The client knows no `tokenFile`, but an authentication provider that reads such a file anew each minute. */
function withTokenFile(user: JsonObject): JsonObject {
  const tokenFile = nonEmpty(field(user, 'tokenFile'));
  if (tokenFile === undefined) return user;
  const { token: _older, ...rest } = user;
  return { ...rest, 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
}

async function findConfigs(file: string | undefined): Promise<{ files: string[]; found: JsonObject[] }> {
  const listed = file === undefined ? (process.env['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean) : [file];
  const files = listed.length > 0 ? listed : [join(process.env['HOME'] ?? homedir(), '.kube', 'config')];
  const found: JsonObject[] = [];
  const read: string[] = [];
  for (const name of files) {
    const text = await textOf(name);
    if (text === undefined) continue;
    read.push(name);
    found.push(parse(text, name));
  }
  if (read.length === 0) {
    throw new ConnectionProblem(
      `There is no kubeconfig at ${files.join(', ')}; name one with --kubeconfig or KUBECONFIG`,
    );
  }
  return { files: read, found };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw new ConnectionProblem(`The kubeconfig ${file} cannot be read: ${reasonOf(thrown)}`);
  }
}

function parse(text: string, file: string): JsonObject {
  const content = yamlOf(text, file);
  if (!isObject(content)) {
    throw new ConnectionProblem(`${file} is not a kubeconfig: clusters, users and contexts are expected in it`);
  }
  const folder = dirname(resolve(file));
  return {
    'current-context': field(content, 'current-context'),
    contexts: field(content, 'contexts'),
    clusters: withAbsoluteFiles(field(content, 'clusters'), 'cluster', clusterFiles, folder),
    users: withAbsoluteFiles(field(content, 'users'), 'user', userFiles, folder),
  };
}

function yamlOf(text: string, file: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  const at = error?.linePos?.[0];
  if (error !== undefined) {
    throw new ConnectionProblem(
      `${file} is not YAML: ${error.code}${at === undefined ? '' : ` at ${at.line}:${at.col}`}`,
    );
  }
  try {
    return document.toJS();
  } catch (thrown) {
    throw new ConnectionProblem(`${file} is not YAML: ${reasonOf(thrown)}`);
  }
}

function withAbsoluteFiles(entries: unknown, key: string, names: readonly string[], folder: string): unknown {
  return asList(entries)?.map((entry) => {
    const inner = field(entry, key);
    if (!isObject(entry) || !isObject(inner)) return entry;
    const absolute: Record<string, string> = {};
    for (const name of names) {
      const file = nonEmpty(inner[name]);
      if (file !== undefined) absolute[name] = resolve(folder, file);
    }
    return { ...entry, [key]: { ...inner, ...absolute } };
  });
}

function pick(
  found: readonly JsonObject[],
  list: string,
  name: string,
  key: string,
  place: string,
  what: string,
): JsonObject {
  const entries = found.flatMap((config) => asList(field(config, list)) ?? []);
  const inner = field(
    entries.find((entry) => field(entry, 'name') === name),
    key,
  );
  if (isObject(inner)) return inner;
  const names = entries.flatMap((entry) => nonEmpty(field(entry, 'name')) ?? []);
  const known = names.length === 0 ? `it has no ${list}` : `it has ${names.slice(0, 10).join(', ')}`;
  throw new ConnectionProblem(`${what} "${name}" is not among the ${list} of ${place}; ${known}`);
}

async function mustBeReadable(file: unknown, name: string, place: string): Promise<void> {
  const path = nonEmpty(file);
  if (path === undefined) return;
  try {
    await access(path, constants.R_OK);
  } catch (thrown) {
    throw new ConnectionProblem(`The ${name} ${path} that ${place} names cannot be used: ${reasonOf(thrown)}`);
  }
}

async function mustBeUsable(cluster: JsonObject, user: JsonObject, place: string): Promise<void> {
  const [ca, cert, key] = await Promise.all([
    fileOrData(cluster, 'certificate-authority'),
    fileOrData(user, 'client-certificate'),
    fileOrData(user, 'client-key'),
  ]);
  try {
    // Of an authority that is none, a context simply trusts nobody.
    if (ca !== undefined) new X509Certificate(ca);
    createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  } catch (thrown) {
    throw new ConnectionProblem(`The certificates or the key of ${place} cannot be used: ${reasonOf(thrown)}`);
  }
}

async function fileOrData(part: JsonObject, name: string): Promise<Buffer | undefined> {
  const file = nonEmpty(dig(part, name));
  if (file !== undefined) return readFile(file);
  const data = nonEmpty(field(part, `${name}-data`));
  return data === undefined ? undefined : Buffer.from(data, 'base64');
}

function first<T>(found: readonly JsonObject[], read: (config: JsonObject) => T | undefined): T | undefined {
  for (const config of found) {
    const value = read(config);
    if (value !== undefined) return value;
  }
  return undefined;
}

function nonEmpty(value: unknown): string | undefined {
  const text = asString(value);
  return text === undefined || text === '' ? undefined : text;
}
