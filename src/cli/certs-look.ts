import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { readAuthorities } from '../certs/authority.ts';
import { readBundle } from '../certs/bundle.ts';
import { certifiedHosts } from '../certs/hosts.ts';
import { type CertificateFinding, inspect, inspectAuthority } from '../certs/inspect.ts';
import type { Store, StoreAnswer, WebhookEntries } from '../certs/store.ts';
import type { CertificateReport, CertsFlags } from './certs-report.ts';
import { UsageProblem } from './exit-code.ts';
import type { Io } from './io.ts';

const patience = 10_000;
const largestFile = 1024 * 1024;

/** @throws UsageProblem, one sentence, where there is nothing to look at */
export async function look(where: string, flags: CertsFlags, io: Io): Promise<CertificateReport> {
  const hosts = certifiedHosts([...flags.host, ...(flags.service === undefined ? [] : [serviceName(flags.service)])]);
  const ca = flags.ca === undefined ? undefined : await readText(flags.ca);
  if (where.startsWith('secret:')) return lookAtSecret(where, { hosts, ca, flags, now: io.now() });
  const folder = await stat(where).catch(() => undefined);
  if (folder?.isDirectory() === true) {
    const chain = await readText(join(where, 'tls.crt'));
    const key = await readText(join(where, 'tls.key'));
    const bundle = ca ?? (await readText(join(where, 'ca.crt')).catch(() => undefined));
    const { facts, findings } = inspect({ chain, key, bundle, hosts }, io.now());
    return { source: where, certificate: facts, findings };
  }
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/]+)):(\d{1,5})$/i.exec(where) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    throw new UsageProblem(`${JSON.stringify(where)} is no folder, no secret:NAMESPACE/NAME and no HOST:PORT`);
  }
  const chain = await servedAt(
    host,
    Number(port),
    hosts.find((one) => isIP(one) === 0),
  );
  const registered = ca === undefined && hasCluster(flags) ? await registeredBundle(flags) : undefined;
  const { facts, findings } = inspect({ chain, key: undefined, bundle: ca ?? registered, hosts }, io.now());
  return { source: where, certificate: facts, findings };
}

function serviceName(written: string): string {
  const [namespace, name, ...more] = written.split('/');
  if (!namespace || !name || more.length > 0)
    throw new UsageProblem(`--service is NAMESPACE/NAME, and not ${JSON.stringify(written)}`);
  return `${name}.${namespace}.svc`;
}

async function readText(file: string): Promise<string> {
  const status = await stat(file).catch(() => undefined);
  if (status?.isFile() !== true || status.size > largestFile) {
    throw new UsageProblem(`${JSON.stringify(file)} is no file that can be read, or is larger than 1 MiB`);
  }
  return readFile(file, 'utf8').catch(() => {
    throw new UsageProblem(`the file ${JSON.stringify(file)} cannot be read`);
  });
}

/**
 * The chain that a server shows. Whether anybody believes it is what is to be found out.
 *
 * @throws UsageProblem, one sentence, where it shows none
 */
export function servedAt(host: string, port: number, servername: string | undefined): Promise<string> {
  const name = servername ?? (isIP(host) === 0 ? host : undefined);
  return new Promise((resolve, reject) => {
    const options = { host, port, rejectUnauthorized: false, timeout: patience, ...(name && { servername: name }) };
    const socket = connectTls(options, () => {
      const chain: string[] = [];
      const seen = new Set<string>();
      for (let one = socket.getPeerX509Certificate(); one !== undefined; one = one.issuerCertificate) {
        if (seen.has(one.fingerprint256)) break;
        seen.add(one.fingerprint256);
        chain.push(one.toString());
      }
      socket.destroy();
      resolve(chain.join('\n'));
    });
    const failed = (why: string) => {
      socket.destroy();
      reject(new UsageProblem(`no certificate could be got from ${host}:${port}: ${why}`));
    };
    socket.on('timeout', () => failed(`no answer came within ${patience / 1000} s`));
    socket.on('error', (error) => failed(error.message.split('\n')[0] ?? 'it was refused'));
  });
}

interface SecretLook {
  readonly hosts: readonly string[];
  readonly ca: string | undefined;
  readonly flags: CertsFlags;
  readonly now: number;
}

async function lookAtSecret(where: string, { hosts, ca, flags, now }: SecretLook): Promise<CertificateReport> {
  const [, namespace, name] = /^secret:([^/\s]+)\/([^/\s]+)$/.exec(where) ?? [];
  if (namespace === undefined || name === undefined)
    throw new UsageProblem(`a Secret is written secret:NAMESPACE/NAME, and not ${JSON.stringify(where)}`);
  return withStore(flags, { namespace, name }, async (store) => {
    const texts = got(await store.readSecret(), `there is no Secret ${namespace}/${name}`);
    const entries = objectOf(await store.readEntries());
    const chain = texts.get('tls.crt');
    if (chain !== undefined && !texts.has('authorities.json')) {
      const bundle = ca ?? entries?.map((one) => one.caBundle).join('\n') ?? texts.get('ca.crt');
      const { facts, findings } = inspect({ chain, key: texts.get('tls.key') ?? '', bundle, hosts }, now);
      return { source: where, certificate: facts, findings };
    }
    return { source: where, certificate: undefined, findings: authorityFindings(texts, entries, now) };
  });
}

function authorityFindings(
  texts: ReadonlyMap<string, string>,
  entries: WebhookEntries | undefined,
  now: number,
): readonly CertificateFinding[] {
  const text = texts.get('authorities.json');
  const read = text === undefined ? undefined : readAuthorities(text);
  const problem = read === undefined ? 'authorities.json is missing' : read.problem;
  const current = read?.set.current;
  const lacking =
    current === undefined
      ? []
      : (entries ?? []).filter(({ caBundle }) => !readBundle(caBundle).ours.some((one) => one.id === current.id));
  return [
    ...(problem === undefined ? [] : [{ key: 'secret-unusable', severity: 'error', problem } as const]),
    ...(current === undefined ? [] : inspectAuthority(current.cert, now)),
    ...lacking.map((one) => ({ key: 'entry-lacks', severity: 'error', entry: one.name }) as const),
    ...(entries === undefined ? [{ key: 'not-registered', severity: 'warn' } as const] : []),
  ];
}

function hasCluster({ kubeconfig, inCluster }: CertsFlags): boolean {
  return kubeconfig !== undefined || inCluster === true;
}

async function registeredBundle(flags: CertsFlags): Promise<string> {
  return withStore(flags, { namespace: 'none', name: 'none' }, async (store) =>
    got(await store.readEntries(), 'there is no ValidatingWebhookConfiguration sekisho')
      .map((one) => one.caBundle)
      .join('\n'),
  );
}

async function withStore<T>(
  { kubeconfig, inCluster }: CertsFlags,
  secret: { readonly namespace: string; readonly name: string },
  run: (store: Store) => Promise<T>,
): Promise<T> {
  if (kubeconfig !== undefined && inCluster === true)
    throw new UsageProblem('give --kubeconfig or --in-cluster, and not both');
  const [{ connect }, { CertificateStore }] = await Promise.all([
    import('../cluster/connection.ts'),
    import('../cluster/certificate-store.ts'),
  ]);
  const connection = await connect(inCluster === true ? { inCluster } : kubeconfig === undefined ? {} : { kubeconfig });
  try {
    return await run(new CertificateStore(connection, secret, 'sekisho'));
  } finally {
    connection.close();
  }
}

/** @throws UsageProblem where it could not be read, or is not there */
function got<T>(answer: StoreAnswer<T>, absent: string): T {
  const value = objectOf(answer);
  if (value === undefined) throw new UsageProblem(absent);
  return value;
}

function objectOf<T>(answer: StoreAnswer<T>): T | undefined {
  if (answer.kind === 'failed') throw new UsageProblem(answer.message);
  return answer.kind === 'ok' ? answer.object.value : undefined;
}
