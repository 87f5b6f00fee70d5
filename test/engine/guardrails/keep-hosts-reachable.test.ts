import { expect, test } from 'vitest';
import { keepHostsReachable } from '../../../src/engine/guardrails/keep-hosts-reachable.ts';
import { created, told } from './trial.ts';

const host = (node: number, labels: object) => ({
  apiVersion: 'projectcalico.org/v3',
  kind: 'HostEndpoint',
  metadata: { name: `node-${node}`, labels },
  spec: {
    node: `node-${node}`,
    interfaceName: '*',
    expectedIPs: [`192.0.${2 + Math.floor(node / 250)}.${(node % 250) + 1}`],
    profiles: ['projectcalico-default-allow'],
  },
});

const policy = (name: string, spec: object) => ({
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalNetworkPolicy',
  metadata: { name },
  spec: { types: ['Ingress'], ...spec },
});

const kubelet = { action: 'Allow', protocol: 'TCP', destination: { ports: [10250] } };

test('of hosts that look alike, those are told of that a rule means by their own addresses', () => {
  const hosts = [0, 1, 2].map((node) => host(node, { role: 'worker' }));
  const denied = (net: string) =>
    created(
      keepHostsReachable,
      policy('deny', {
        selector: "role == 'worker'",
        ingress: [
          { action: 'Deny', protocol: 'TCP', destination: { nets: [net], ports: [10250] } },
          { action: 'Allow' },
        ],
      }),
      { world: hosts, origin: 'cluster' },
    );
  expect(denied('192.0.2.0/30').findings.map((one) => one.say('en').message)).toEqual([
    expect.stringMatching(/^host endpoints node-0, node-1 and node-2 would drop TCP 10250 /),
  ]);
  for (const node of [0, 1, 2]) {
    const [found, ...others] = denied(`192.0.2.${node + 1}/32`).findings;
    expect(others).toEqual([]);
    expect(found?.say('en').message).toMatch(new RegExp(`^host endpoint node-${node} `));
  }
  expect(told(denied('192.0.2.77/32'))).toEqual([]);
});

test('five hundred hosts that all differ are looked at, each with its own policy beside those of all', () => {
  const nodes = Array.from({ length: 500 }, (_, node) => node);
  const hosts = nodes.map((node) => host(node, { 'kubernetes.io/hostname': `node-${node}` }));
  const own = nodes
    .slice(1)
    .map((node) =>
      policy(`own-${node}`, { order: 10, selector: `kubernetes.io/hostname == 'node-${node}'`, ingress: [kubelet] }),
    );
  const verdict = created(
    keepHostsReachable,
    policy('all', { order: 20, selector: 'has(kubernetes.io/hostname)', ingress: [] }),
    { world: [...hosts, ...own], origin: 'cluster' },
  );
  expect(verdict.notChecked).toEqual([]);
  expect(verdict.findings.map((one) => one.say('en').message)).toEqual([
    expect.stringMatching(/^host endpoint node-0 /),
  ]);
});
