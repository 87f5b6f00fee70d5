const tcp = (...ports: readonly number[]) => ports.map((port) => ({ protocol: 'TCP', port }));
const udp = (...ports: readonly number[]) => ports.map((port) => ({ protocol: 'UDP', port }));

/** The failsafe ports that a cluster cannot do without, as one would write them in YAML. */
export const usualFailsafe = {
  inbound: [...tcp(22, 179, 2379, 2380, 5473, 6443), ...udp(68)],
  outbound: [...tcp(179, 2379, 2380, 5473, 6443), ...udp(53, 67)],
};
