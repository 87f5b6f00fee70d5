import { Counter, Gauge, type Registry } from 'prom-client';

/** What is asked at each scrape; undefined where it is not known. */
export interface AuthorityMetric {
  /** When the authority that signs expires. */
  readonly expires: Date | undefined;
  /** Entries of the webhook configuration whose bundle lacks the authority of our certificate. */
  readonly entriesWithoutUs: number | undefined;
}

/** The metrics of self-managed certificates: nobody else has them. */
export function authorityMetrics(
  registry: Registry,
  ask: () => AuthorityMetric,
): { readonly renewed: (what: 'leaf' | 'authority') => void } {
  const registers = [registry];
  new Gauge({
    name: 'sekisho_ca_expiry_timestamp_seconds',
    help: 'When the authority that signs our certificates expires, in Unix time.',
    registers,
    collect() {
      const { expires } = ask();
      if (expires === undefined) this.remove();
      else this.set(expires.getTime() / 1000);
    },
  });
  new Gauge({
    name: 'sekisho_ca_bundle_entries_missing',
    help: 'Entries of the webhook configuration whose caBundle lacks the authority of our certificate.',
    registers,
    collect() {
      const { entriesWithoutUs } = ask();
      if (entriesWithoutUs === undefined) this.remove();
      else this.set(entriesWithoutUs);
    },
  });
  const renewals = new Counter({
    name: 'sekisho_certificate_renewals_total',
    help: 'Certificates (leaf) and authorities (authority) that this replica made.',
    labelNames: ['what'],
    registers,
  });
  return { renewed: (what) => renewals.inc({ what }) };
}
