import fc from 'fast-check';
import type { AnyManifest, FailsafeEntry, FelixManifest, HostEndpointManifest, ProfileManifest } from './manifests.ts';
import { nodes, perhaps, podLabels, rarely, written } from './universe.ts';

/** Random nodes with host endpoints, their profiles, and Felix' configuration. */

const v3 = 'projectcalico.org/v3';

export const nodeManifests = fc.tuple(...nodes.map(() => perhaps(fc.constantFrom('z1', 'z2'), 3))).map((zones) =>
  nodes.map(({ name }, index): AnyManifest => {
    const zone = zones[index];
    return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: zone === undefined ? {} : { zone } } };
  }),
);

const profileNames = fc.constantFrom<readonly string[]>(
  [],
  [],
  ['projectcalico-default-allow'],
  ['projectcalico-default-allow'],
  ['plain'],
  ['plain', 'projectcalico-default-allow'],
  ['missing', 'projectcalico-default-allow'],
  ['plain', 'missing'],
  ['kns.red'],
);

/** At most one for each interface of a node: which of two governs is open. */
export const hostEndpoints: fc.Arbitrary<readonly HostEndpointManifest[]> = fc
  .tuple(
    ...nodes.map((node) =>
      fc
        .tuple(
          fc.constantFrom<readonly (string | undefined)[]>(
            [],
            ['eth0'],
            ['*'],
            ['eth0', '*'],
            [undefined],
            [undefined, '*'],
          ),
          fc.array(
            fc.record({
              labels: podLabels,
              role: perhaps(fc.constant('node'), 3),
              addresses: fc.subarray<string>([...node.addresses], { minLength: 1 }),
              addressed: fc.boolean(),
              profiles: profileNames,
              ports: perhaps(fc.constant([{ name: 'http', protocol: 'TCP', port: 80 }])),
            }),
            { minLength: 2, maxLength: 2 },
          ),
        )
        .map(([interfaces, parts]) =>
          interfaces.map((interfaceName, index): HostEndpointManifest => {
            const part = parts[index];
            return {
              apiVersion: v3,
              kind: 'HostEndpoint',
              metadata: { name: `${node.name}-${index}`, labels: written({ ...part?.labels, role: part?.role }) },
              spec: written<HostEndpointManifest['spec']>({
                node: node.name,
                interfaceName,
                // The second, which is *, has none where the first is known by them.
                expectedIPs:
                  interfaceName === undefined || (index === 0 && part?.addressed) ? part?.addresses : undefined,
                profiles: part?.profiles,
                ports: part?.ports,
              }),
            };
          }),
        ),
    ),
  )
  .map((lists) => lists.flat());

export const profiles: fc.Arbitrary<readonly ProfileManifest[]> = fc
  .record({
    ingress: fc.constantFrom<NonNullable<ProfileManifest['spec']>['ingress']>(
      undefined,
      [{ action: 'Allow' }],
      [{ action: 'Allow', protocol: 'UDP' }],
      [{ action: 'Deny', protocol: 'TCP', destination: { ports: [80] } }, { action: 'Allow' }],
    ),
    labelsToApply: perhaps(fc.constant({ app: 'b', role: 'node' }), 1),
  })
  .map((spec) => [{ apiVersion: v3, kind: 'Profile', metadata: { name: 'plain' }, spec: written(spec) }]);

const failsafeList = perhaps(
  fc.subarray<FailsafeEntry>(
    [
      { protocol: 'TCP', port: 22 },
      { protocol: 'tcp', port: 80, net: '10.0.0.0/8' },
      { protocol: 'udp', port: 53 },
      { protocol: 'tcp', port: 443, net: 'fd00::/64' },
      { protocol: 'tcp', port: 80, net: '192.0.2.9' },
    ],
    { maxLength: 3 },
  ),
  2,
);

const annotation = rarely(fc.constantFrom('none', '', 'tcp:80', 'udp:192.0.2.0/24:53,tcp:[fd00::/64]:443'), 2);

export const felix: fc.Arbitrary<readonly FelixManifest[]> = fc
  .subarray(['default', 'node.node1', 'zone-a', 'zone-b', 'unused'])
  .chain((names) =>
    fc.tuple(
      ...names.map((name, index) =>
        fc.record({ inbound: failsafeList, outbound: failsafeList, annotation }).map(
          (parts): FelixManifest => ({
            apiVersion: v3,
            kind: 'FelixConfiguration',
            metadata: written({
              name,
              // The later in the list the older.
              creationTimestamp: `2026-01-0${9 - index}T00:00:00Z`,
              annotations:
                parts.annotation === undefined
                  ? undefined
                  : { 'config.projectcalico.org/FailsafeInboundHostPorts': parts.annotation },
            }),
            spec: written<NonNullable<FelixManifest['spec']>>({
              nodeSelector: { 'zone-a': 'zone == "z1"', 'zone-b': 'has(zone)' }[name],
              failsafeInboundHostPorts: parts.inbound,
              failsafeOutboundHostPorts: parts.outbound,
            }),
          }),
        ),
      ),
    ),
  );
