import type { FailsafeSide, FailsafeValue } from './failsafe-value.ts';
import { readPortList } from './port-list.ts';

/**
 * The lists that count where nobody has written any: the same in every release from 3.21 on.
 *
 * Source: projectcalico/calico felix/config/config_params.go.
 */
const texts: { readonly [S in FailsafeSide]: string } = {
  inbound: 'tcp:22,udp:68,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667',
  outbound: 'udp:53,udp:67,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667',
};

function builtIn(text: string): FailsafeValue {
  return { path: [], form: 'built-in', entries: readPortList(text).map((entry) => ({ ...entry, path: [] })) };
}

export const builtInFailsafe: { readonly [S in FailsafeSide]: FailsafeValue } = {
  inbound: builtIn(texts.inbound),
  outbound: builtIn(texts.outbound),
};
