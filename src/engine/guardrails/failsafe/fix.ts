import { portsOf } from '../../felix/failsafe-ports.ts';
import { type FailsafeSide, type FailsafeValue, failsafeField, failsafeParameter } from '../../felix/failsafe-value.ts';
import type { FailsafePort } from '../../model/felix-configuration.ts';
import { addressCidrs, containsAddresses, everyAddress, unionAddresses } from '../../sets/addresses.ts';
import { protocolName } from '../../sets/traffic.ts';
import { flowYaml } from '../../words/yaml.ts';

/** One line of YAML: the list with all of its entries that can be read, and whatever it lacks of what is required. */
export function failsafeFix(side: FailsafeSide, value: FailsafeValue, required: readonly FailsafePort[]): string {
  const entries = together([...portsOf(value), ...required]).flatMap(entriesOf);
  if (value.form !== 'annotation') return `${failsafeField[side]}: ${flowYaml(entries)}`;
  const text = entries.map(({ protocol, net, port }) =>
    net === undefined ? `${protocol}:${port}` : `${protocol}:${net.includes(':') ? `[${net}]` : net}:${port}`,
  );
  return `config.projectcalico.org/${failsafeParameter[side]}: "${text.join(',')}"`;
}

function together(ports: readonly FailsafePort[]): readonly FailsafePort[] {
  const found = new Map<string, FailsafePort>();
  for (const one of ports) {
    const key = `${one.protocol} ${one.port}`;
    const known = found.get(key);
    found.set(key, known === undefined ? one : { ...one, addresses: unionAddresses(known.addresses, one.addresses) });
  }
  return [...found.values()].sort((a, b) => a.protocol - b.protocol || a.port - b.port);
}

interface Entry {
  readonly protocol: string;
  readonly net?: string;
  readonly port: number;
}

function entriesOf({ protocol, port, addresses }: FailsafePort): readonly Entry[] {
  const name = protocolName(protocol).toLowerCase();
  if (containsAddresses(addresses, everyAddress)) return [{ protocol: name, port }];
  return addressCidrs(addresses).map((net) => ({ protocol: name, net, port }));
}
