import { certificatesIn } from '../certs/bundle.ts';
import { type CertificateFinding, inspect, inspectAuthority } from '../certs/inspect.ts';
import type { RegisteredClient, RegisteredEntry } from '../engine/install/registered.ts';
import { servedAt } from './certs-look.ts';
import type { InstallFinding } from './install-report.ts';
import type { Found } from './install-unanswered.ts';

/**
 * Whether the API server would believe the certificate of the webhook, by what the entries hold.
 *
 * @param inCluster whether this process can call a Service by its name
 */
export async function certificateFindings(
  entries: readonly RegisteredEntry[],
  client: RegisteredClient,
  reached: boolean,
  { inCluster, now }: { readonly inCluster: boolean; readonly now: number },
): Promise<Found> {
  const served = await servedChain(client, inCluster);
  const hosts =
    'url' in client ? [new URL(client.url).hostname.replace(/^\[|\]$/g, '')] : [serviceHost(client.service)];
  const bundles = Map.groupBy(entries, ({ caBundle }) => caBundle);
  const findings: InstallFinding[] = [...bundles].flatMap(([bundle, members]) => {
    // With none of its own an entry takes the roots of the machine, which is right for a URL alone.
    if (bundle === '' && 'url' in client && reached) return [];
    const found =
      served.chain === undefined
        ? bundleFindings(bundle, now)
        : inspect({ chain: served.chain, key: undefined, bundle, hosts }, now).findings;
    const names = members.map(({ name }) => name);
    return found.map((finding) => ({
      key: 'certificate' as const,
      severity: finding.severity,
      entries: names,
      finding,
    }));
  });
  // Where the API server gets through, it does not matter that we do not.
  if (served.problem !== undefined && !reached)
    findings.push({ key: 'not-answered', severity: 'unknown', what: 'TLS', reason: served.problem });
  if (findings.length > 0) return { findings };
  return { passed: [{ check: 'ca-bundle', seen: served.chain !== undefined }] };
}

/** As far as a bundle can be judged without a certificate: it has an authority that is valid. */
function bundleFindings(bundle: string, now: number): readonly CertificateFinding[] {
  const each = certificatesIn(bundle).map((one) => inspectAuthority(one, now));
  if (each.length === 0) return [{ key: 'empty-bundle', severity: 'error' }];
  return each.find((one) => one.length === 0) ?? each[0] ?? [];
}

function serviceHost({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${name}.${namespace}.svc`;
}

/** From outside a cluster nobody gets to a Service; then nothing is said. */
async function servedChain(
  client: RegisteredClient,
  inCluster: boolean,
): Promise<{ readonly chain?: string; readonly problem?: string }> {
  if ('service' in client && !inCluster) return {};
  try {
    const { hostname, port } =
      'url' in client
        ? new URL(client.url)
        : { hostname: serviceHost(client.service), port: String(client.service.port) };
    return { chain: await servedAt(hostname.replace(/^\[|\]$/g, ''), Number(port || 443), undefined) };
  } catch (problem) {
    return { problem: problem instanceof Error ? problem.message : String(problem) };
  }
}
