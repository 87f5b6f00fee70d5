import { Counter, Gauge, type Registry } from 'prom-client';

/** Counts the exemptions by how they stand, asked at each scrape, and what they were used for. */
export function configurationMetrics(
  registry: Registry,
  exemptions: () => ReadonlyMap<string, number>,
): { readonly used: (exemption: string) => void } {
  const registers = [registry];
  new Gauge({
    name: 'sekisho_exemptions',
    help: 'Exemptions, by how they stand: Active, Expired, Invalid or NotYet.',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset();
      for (const [state, count] of exemptions()) this.set({ state }, count);
    },
  });
  const uses = new Counter({
    name: 'sekisho_exemption_uses_total',
    help: 'Requests that got by with an exemption; dry runs do not count.',
    labelNames: ['exemption'],
    registers,
  });
  return { used: (exemption) => uses.inc({ exemption }) };
}
