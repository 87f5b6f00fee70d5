import { certifiedHosts, serviceHosts } from '../certs/hosts.ts';
import { issueCertificates } from '../certs/issue.ts';
import { CertificateKeeper, type KeeperEvent } from '../certs/keeper.ts';
import type { SelfManagedCertificate } from '../certs/wanted.ts';
import { authorityMetrics } from './authority-metrics.ts';
import type { CertificateSource, CertificateSurroundings } from './certificate-source.ts';
import type { RunningServer } from './server.ts';
import type { WorldChoice } from './world-source.ts';

interface SelfManagedOptions extends SelfManagedCertificate {
  readonly world: WorldChoice;
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
}

/** The configuration whose bundles are kept: `sekisho manifests` prints it. */
const configurationName = 'sekisho';

/** @throws CertificateProblem, ConnectionProblem: one sentence where it cannot begin */
export async function selfManaged(
  options: SelfManagedOptions,
  { log, metrics, now }: CertificateSurroundings,
): Promise<CertificateSource> {
  const { secret, times, world } = options;
  const service = options.service ?? { namespace: secret.namespace, name: 'sekisho' };
  const hosts = certifiedHosts([...serviceHosts(service), ...options.hosts]);
  // Loaded only here: the client costs 300 ms and 75 MB.
  const [{ connect }, { CertificateStore }, { systemClock }] = await Promise.all([
    import('../cluster/connection.ts'),
    import('../cluster/certificate-store.ts'),
    import('../cluster/clock.ts'),
  ]);
  const connection = await connect(world.kind === 'kubeconfig' ? { kubeconfig: world.file } : { inCluster: true });
  // Until there is a certificate that anybody believes, the server shows one that nobody does, and is not ready.
  const placeholder = await issueCertificates({ hosts, now: new Date(now()), caDays: 2, leafDays: 1 });

  let server: RunningServer | undefined;
  const keeper = new CertificateKeeper({
    store: new CertificateStore(connection, secret, configurationName),
    times,
    hosts,
    serve: (pair) => server?.replaceCertificate(pair) ?? true,
    onEvent: (event) => tell(event),
    clock: { now, elapsed: () => performance.now(), after: systemClock.after },
    random: Math.random,
  });
  const { standing } = keeper;
  const { renewed } = authorityMetrics(metrics.registry, () => ({
    expires: standing.authorityExpires,
    entriesWithoutUs: standing.entriesWithoutUs,
  }));

  function tell(event: KeeperEvent): void {
    if (event.kind === 'problem') {
      log.warn(event.message);
      return;
    }
    if (event.kind === 'leaf') renewed('leaf');
    if (event.kind === 'authorities' && ['create', 'add-next'].includes(event.change)) renewed('authority');
    log.info({ certificates: event.kind }, event.message);
  }

  return {
    tls: { pair: placeholder, clock: () => new Date(now() + standing.clockOffset) },
    conditions: [{ name: 'authority', check: () => standing.condition(), note: () => standing.note() }],
    keep(running) {
      server = running;
      keeper.start();
    },
    async stop() {
      await keeper.stop();
      connection.close();
    },
  };
}
