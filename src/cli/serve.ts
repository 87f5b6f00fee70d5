import { join } from 'node:path';
import { Command, Option } from 'commander';
import { readTimes, usualTimes } from '../certs/keeper-times.ts';
import type { CertificateFiles, SelfManagedCertificate } from '../certs/wanted.ts';
import { type EnforcerProfile, enforcerProfiles } from '../engine/model/cluster-facts.ts';
import type { Language } from '../engine/words/language.ts';
import { type ExitCode, UsageProblem } from './exit-code.ts';
import { languageOf, repeated } from './file-flags.ts';
import type { Io } from './io.ts';

/** What `serve` was asked for, checked as far as words go. */
export interface ServeFlags {
  readonly listen: string;
  /** Undefined: metrics are not served. */
  readonly metricsListen: string | undefined;
  /** A pair of files; undefined: it is self-managed, else a development CA is made. */
  readonly tls: CertificateFiles | undefined;
  readonly selfManaged: SelfManagedCertificate | undefined;
  readonly world:
    | { readonly kind: 'none' }
    | { readonly kind: 'files'; readonly paths: readonly string[] }
    | { readonly kind: 'kubeconfig'; readonly file: string }
    | { readonly kind: 'in-cluster' };
  /** Milliseconds without a word about a kind, after which the World is not relied on. */
  readonly worldStaleAfter: number;
  readonly config: readonly string[];
  readonly profile: EnforcerProfile | undefined;
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
  readonly logLevel: string;
  readonly language: Language;
}

/** Starts the server and resolves with the exit code when it has been told to stop. */
export type Serve = (flags: ServeFlags, io: Io) => Promise<ExitCode>;

interface WrittenFlags {
  readonly listen: string;
  readonly metricsListen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly certs?: string;
  readonly certsHost?: string[];
  readonly certsTimes?: string;
  readonly kubeconfig?: string;
  readonly inCluster?: boolean | string;
  readonly world?: string[] | false;
  readonly worldStaleAfter: number;
  readonly config?: string[];
  readonly profile?: EnforcerProfile;
  readonly service?: string;
  readonly logLevel: string;
  readonly lang?: Language;
}

export function serveCommand(io: Io, serve: Serve, done: (code: ExitCode) => void): Command {
  return (
    new Command('serve')
      .description('answer admission reviews over TLS')
      .addOption(flag('--listen <host:port>', 'where to answer', 'LISTEN').default('127.0.0.1:8443'))
      .addOption(
        flag(
          '--metrics-listen <host:port>',
          'where to serve /metrics, /livez and /readyz without TLS; off for nowhere',
          'METRICS_LISTEN',
        ).default('127.0.0.1:9090'),
      )
      .addOption(flag('--tls-cert <file>', 'certificate, PEM; its folder is watched', 'TLS_CERT'))
      .addOption(flag('--tls-key <file>', 'key of the certificate, PEM', 'TLS_KEY'))
      .addOption(
        flag(
          '--certs <dir|secret:namespace/name>',
          'a watched folder with tls.crt and tls.key; or certificates of our own, whose authority is kept in this Secret',
          'CERTS',
        ),
      )
      .addOption(
        flag(
          '--certs-host <host>',
          'a further name or address for a certificate of our own (repeatable)',
          'CERTS_HOST',
        ).argParser(repeated),
      )
      // For tests, which cannot wait for a year.
      .addOption(flag('--certs-times <times>', 'other lifetimes, such as leaf=60s', 'CERTS_TIMES').hideHelp())
      .addOption(flag('--kubeconfig <file>', 'watch the cluster of this kubeconfig', 'KUBECONFIG'))
      .addOption(flag('--in-cluster', 'watch the cluster that this pod runs in', 'IN_CLUSTER'))
      .addOption(flag('--world <path>', 'take the World from files (repeatable)', 'WORLD').argParser(repeated))
      .option('--no-world', 'know nothing of any cluster, and say so (the default)')
      .addOption(
        flag(
          '--world-stale-after <seconds>',
          'once nothing was heard of a kind for so long, what needs the World is not checked',
          'WORLD_STALE_AFTER',
        )
          .argParser(secondsOf)
          .default(600),
      )
      .addOption(
        flag(
          '--config <file>',
          'GuardrailSet and Exemption documents, reloaded on change (repeatable)',
          'CONFIG',
        ).argParser(repeated),
      )
      .addOption(
        flag('--profile <name>', 'how the network plugin reads what the API leaves open', 'PROFILE').choices(
          enforcerProfiles,
        ),
      )
      .addOption(
        flag(
          '--service <namespace/name>',
          'the Service in front of this server; its namespace is never judged',
          'SERVICE',
        ),
      )
      .addOption(
        flag('--log-level <level>', 'least level of log lines', 'LOG_LEVEL')
          .choices(['debug', 'info', 'warn', 'error'])
          .default('info'),
      )
      .addOption(flag('--lang <language>', 'language of the answers', 'LANG').choices(['en', 'ja']))
      .action(async (flags: WrittenFlags) => done(await serve(checked(flags, io), io)))
  );
}

function secondsOf(written: string): number {
  const seconds = Number(written);
  if (Number.isInteger(seconds) && seconds >= 1) return seconds;
  throw new UsageProblem(`--world-stale-after is a number of seconds, and not ${JSON.stringify(written)}`);
}

function flag(flags: string, description: string, variable: string): Option {
  return new Option(flags, description).env(`SEKISHO_${variable}`);
}

function checked(flags: WrittenFlags, io: Io): ServeFlags {
  return {
    listen: flags.listen,
    metricsListen: flags.metricsListen === 'off' ? undefined : flags.metricsListen,
    ...certificatesOf(flags),
    world: worldOf(flags),
    worldStaleAfter: flags.worldStaleAfter * 1000,
    config: flags.config ?? [],
    profile: flags.profile,
    service: flags.service === undefined ? undefined : serviceOf(flags.service),
    logLevel: flags.logLevel,
    language: languageOf(flags, io),
  };
}

function certificatesOf(flags: WrittenFlags): Pick<ServeFlags, 'tls' | 'selfManaged'> {
  const { tlsCert, tlsKey, certs } = flags;
  if (certs !== undefined && (tlsCert !== undefined || tlsKey !== undefined)) {
    throw new UsageProblem('give --certs, or --tls-cert and --tls-key, and not both: there is one certificate');
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageProblem('--tls-cert and --tls-key go together: give both, or neither for a development certificate');
  }
  const selfManaged = certs === undefined ? undefined : selfManagedOf(certs, flags);
  if (selfManaged === undefined && (flags.certsHost !== undefined || flags.certsTimes !== undefined)) {
    throw new UsageProblem('--certs-host and --certs-times are for --certs secret:NAMESPACE/NAME');
  }
  if (tlsCert !== undefined && tlsKey !== undefined)
    return { tls: { certFile: tlsCert, keyFile: tlsKey }, selfManaged };
  if (certs === undefined || selfManaged !== undefined) return { tls: undefined, selfManaged };
  const [certFile, keyFile, caFile] = ['tls.crt', 'tls.key', 'ca.crt'].map((file) => join(certs, file));
  return { tls: { certFile: certFile ?? '', keyFile: keyFile ?? '', ...(caFile && { caFile }) }, selfManaged };
}

/** Undefined where it is a folder. */
function selfManagedOf(certs: string, flags: WrittenFlags): ServeFlags['selfManaged'] {
  if (certs === '') throw new UsageProblem('--certs is a folder or secret:NAMESPACE/NAME, and not empty');
  if (!certs.startsWith('secret:')) return undefined;
  const [, namespace, name] = /^secret:([a-z0-9][a-z0-9-]{0,62})\/([a-z0-9][a-z0-9.-]{0,252})$/.exec(certs) ?? [];
  if (namespace === undefined || name === undefined) {
    throw new UsageProblem(`--certs is a folder or secret:NAMESPACE/NAME, and not ${JSON.stringify(certs)}`);
  }
  if (!['kubeconfig', 'in-cluster'].includes(worldOf(flags).kind)) {
    throw new UsageProblem(
      '--certs secret:NAMESPACE/NAME needs the cluster that the Secret is in: give --in-cluster or --kubeconfig',
    );
  }
  const times = flags.certsTimes === undefined ? usualTimes : readTimes(flags.certsTimes);
  if (typeof times === 'string') throw new UsageProblem(`--certs-times: ${times}`);
  return { secret: { namespace, name }, hosts: flags.certsHost ?? [], times };
}

function worldOf({ world, kubeconfig, inCluster }: WrittenFlags): ServeFlags['world'] {
  const wanted: ServeFlags['world'][] = [];
  if (Array.isArray(world)) wanted.push({ kind: 'files', paths: world });
  if (kubeconfig !== undefined) wanted.push({ kind: 'kubeconfig', file: kubeconfig });
  if (inCluster === true || inCluster === 'true') wanted.push({ kind: 'in-cluster' });
  const [first, second] = wanted;
  if (second !== undefined || (world === false && first !== undefined)) {
    throw new UsageProblem('give one of --kubeconfig, --in-cluster, --world and --no-world: there is one World');
  }
  return first ?? { kind: 'none' };
}

function serviceOf(written: string): { namespace: string; name: string } {
  const [namespace, name, ...more] = written.split('/');
  if (!namespace || !name || more.length > 0)
    throw new UsageProblem(`--service is NAMESPACE/NAME, and not ${JSON.stringify(written)}`);
  return { namespace, name };
}
