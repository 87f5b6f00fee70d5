import fc from 'fast-check';
import type { AnyManifest, PodManifest, TierManifest } from './manifests.ts';
import { felix, hostEndpoints, nodeManifests, profiles } from './random-hosts.ts';
import { calicoSpec, kubernetesSpec, staged } from './random-policies.ts';
import {
  networks4,
  networks6,
  perhaps,
  podAddresses4,
  podAddresses6,
  podLabels,
  portNames,
  space,
  spaces,
  written,
} from './universe.ts';
import type { Settings } from './world.ts';

/**
 * Small random Calico worlds. Nothing in them is invalid, and where what is known of Calico leaves something open they
 * keep away from it as far as one object can.
 */

export interface RandomWorld {
  readonly objects: readonly AnyManifest[];
  readonly settings: Settings;
  /** For whatever else has to be chosen while looking at it. */
  readonly seed: number;
}

/** What a world may hold. */
export interface Traits {
  /** Calico's own policies; without them there are but Kubernetes' own. */
  readonly calico: boolean;
  /** HostEndpoints, Profiles, FelixConfigurations, and policies with doNotTrack, preDNAT, applyOnForward. */
  readonly hosts: boolean;
  /** Rules over source ports, which a report of connections has no place for. */
  readonly sourcePorts: boolean;
  /** Pods and sets that call themselves members of another namespace. */
  readonly spoofedLabels: boolean;
}

export const everyTrait: Traits = { calico: true, hosts: true, sourcePorts: true, spoofedLabels: true };

const v3 = 'projectcalico.org/v3';

const namespaces = fc.tuple(...spaces.map(() => perhaps(fc.constantFrom('t1', 't2'), 3))).map((teams) =>
  spaces.map((name, index): AnyManifest => {
    const team = teams[index];
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: team === undefined ? {} : { team } } };
  }),
);

const accounts = fc.tuple(...spaces.map(() => perhaps(fc.constantFrom('r1', 'r2'), 3))).map((roles) =>
  spaces.flatMap((namespace, index) =>
    ['default', 'robot'].map((name): AnyManifest => {
      const role = name === 'robot' ? roles[index] : undefined;
      const labels = role === undefined ? {} : { role };
      return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } };
    }),
  ),
);

const spoofed = (traits: Traits): fc.Arbitrary<Record<string, string>> =>
  traits.spoofedLabels
    ? fc.oneof(
        { weight: 5, arbitrary: fc.constant<Record<string, string>>({}) },
        {
          weight: 1,
          arbitrary: fc.constantFrom<Record<string, string>>(
            { 'pcns.team': 't1' },
            { 'pcns.team': 't2' },
            { 'pcsa.role': 'r1' },
          ),
        },
      )
    : fc.constant({});

const containerPorts = fc.uniqueArray(
  fc
    .record({
      name: fc.constantFrom(...portNames),
      containerPort: fc.constantFrom(53, 80, 80, 81, 443),
      protocol: perhaps(fc.constantFrom('TCP', 'UDP', 'SCTP'), 1),
    })
    .map((one) =>
      written<{ name: string; containerPort: number }>(one.name === 'admin' ? { ...one, protocol: undefined } : one),
    ),
  { maxLength: 3, selector: (one) => JSON.stringify(one) },
);

const pods = (traits: Traits): fc.Arbitrary<readonly PodManifest[]> =>
  fc
    .tuple(
      fc.shuffledSubarray(podAddresses4, { minLength: 5, maxLength: 5 }),
      fc.shuffledSubarray(podAddresses6, { minLength: 5, maxLength: 5 }),
      fc.array(
        fc.record({
          namespace: space,
          labels: podLabels,
          lies: spoofed(traits),
          account: perhaps(fc.constantFrom('robot', 'default')),
          node: fc.constantFrom('node1', 'node1', 'node2'),
          ports: containerPorts,
          families: fc.constantFrom('4', '4', '46', '46', '6'),
        }),
        { minLength: 2, maxLength: 5 },
      ),
    )
    .map(([ips4, ips6, all]) =>
      all.map(
        (one, index): PodManifest => ({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `p${index}`, namespace: one.namespace, labels: { ...one.labels, ...one.lies } },
          spec: written<PodManifest['spec']>({
            nodeName: one.node,
            serviceAccountName: one.account,
            // One name may stand for several ports, in several containers.
            containers: [{ name: 'main' }, ...one.ports.map((own, place) => ({ name: `c${place}`, ports: [own] }))],
          }),
          status: {
            podIPs: [
              ...(one.families.includes('4') ? [{ ip: ips4[index] ?? '' }] : []),
              ...(one.families.includes('6') ? [{ ip: ips6[index] ?? '' }] : []),
            ],
          },
        }),
      ),
    );

const setNets = fc.subarray<string>([...networks4, ...networks6, '192.0.2.9', '10.0.1.9/24', '0.0.0.0/0'], {
  minLength: 1,
  maxLength: 3,
});

const sets = (traits: Traits): fc.Arbitrary<readonly AnyManifest[]> =>
  fc
    .array(fc.record({ namespace: perhaps(space, 1), labels: podLabels, lies: spoofed(traits), nets: setNets }), {
      maxLength: 3,
    })
    .map((all) =>
      all.map(
        (one, index): AnyManifest => ({
          apiVersion: v3,
          kind: one.namespace === undefined ? 'GlobalNetworkSet' : 'NetworkSet',
          metadata: written({ name: `s${index}`, namespace: one.namespace, labels: { ...one.labels, ...one.lies } }),
          spec: { nets: one.nets },
        }),
      ),
    );

/** Two stand before and behind `default` by their names alone. */
const tiers: fc.Arbitrary<readonly TierManifest[]> = fc
  .subarray(['alpha', 'mid', 'zulu'], { maxLength: 2 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc
          .record({
            order: fc.constantFrom(undefined, undefined, 100, 100, 1_000_000, 2_000_000, -5),
            defaultAction: fc.constantFrom<'Deny' | 'Pass' | undefined>(undefined, 'Deny', 'Pass', 'Pass'),
          })
          .map((spec): TierManifest => ({ apiVersion: v3, kind: 'Tier', metadata: { name }, spec: written(spec) })),
      ),
    ),
  );

/** Slices without selector, so that nothing has to be worked out: of pods that are there, and of addresses outside. */
const services: fc.Arbitrary<readonly AnyManifest[]> = fc
  .array(
    fc.record({
      addresses: fc.subarray(['10.0.0.1', '10.0.1.0', '10.0.0.255', '192.0.2.9'], { minLength: 1 }),
      ports: fc.array(fc.record({ protocol: fc.constantFrom('TCP', 'UDP'), port: fc.constantFrom(53, 80, 443) }), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
    { maxLength: 2 },
  )
  .map((all) =>
    all.flatMap(({ addresses, ports }, index): readonly AnyManifest[] => {
      const named = ports.map((one, place) => ({ ...one, name: `n${place}` }));
      const name = `svc${index}`;
      return [
        { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'red' }, spec: { ports: named } },
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: `${name}-x`, namespace: 'red', labels: { 'kubernetes.io/service-name': name } },
          addressType: 'IPv4',
          endpoints: addresses.map((address) => ({ addresses: [address] })),
          ports: named,
        },
      ];
    }),
  );

const policies = (traits: Traits, tierNames: readonly string[], serviceNames: readonly string[]) => {
  const shape = { sourcePorts: traits.sourcePorts, services: serviceNames, tiers: ['default', ...tierNames] };
  // Kubernetes' policies have names of their own: how they stand to a Calico one of the same name is open.
  const kubernetes = fc.record({ namespace: space, name: fc.constantFrom('k', 'b'), spec: kubernetesSpec }).map(
    ({ namespace, name, spec }): AnyManifest => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace, name },
      spec,
    }),
  );
  const calicoName = fc.constantFrom('a', 'm', 'z', 'aa');
  const kind = fc.constantFrom<'NetworkPolicy' | 'StagedNetworkPolicy'>(
    'NetworkPolicy',
    'NetworkPolicy',
    'NetworkPolicy',
    'StagedNetworkPolicy',
  );
  const namespaced = fc
    .record({ namespace: space, name: calicoName, spec: calicoSpec({ ...shape, global: false }), kind })
    .map(
      ({ namespace, name, spec, kind: own }): AnyManifest => ({
        apiVersion: v3,
        kind: own,
        metadata: { namespace, name },
        spec,
      }),
    );
  const stage = fc.constantFrom<'normal' | 'doNotTrack' | 'preDNAT'>(
    'normal',
    'normal',
    'normal',
    'doNotTrack',
    'preDNAT',
  );
  const global = fc.record({ name: calicoName, spec: calicoSpec({ ...shape, global: true }), kind, stage }).map(
    ({ name, spec, kind: own, stage: at }): AnyManifest => ({
      apiVersion: v3,
      kind: own === 'NetworkPolicy' ? 'GlobalNetworkPolicy' : 'StagedGlobalNetworkPolicy',
      metadata: { name },
      spec: traits.hosts ? staged(spec, at) : spec,
    }),
  );
  const one = traits.calico
    ? fc.oneof(kubernetes, kubernetes, namespaced, namespaced, global, global, global)
    : kubernetes;
  return fc.uniqueArray(one, {
    minLength: 3,
    maxLength: 9,
    selector: ({ apiVersion, kind: own, metadata }) =>
      `${apiVersion} ${own} ${metadata.namespace ?? ''}/${metadata.name}`,
  });
};

const settings = fc.constantFrom<Settings>(
  { environment: {} },
  { environment: { FELIX_DEFAULTENDPOINTTOHOSTACTION: 'ACCEPT' } },
);

const where = <T>(there: boolean, some: fc.Arbitrary<readonly T[]>): fc.Arbitrary<readonly T[]> =>
  there ? some : fc.constant([]);

export function worldsWith(traits: Traits = everyTrait): fc.Arbitrary<RandomWorld> {
  return fc
    .tuple(where(traits.calico, tiers), where(traits.calico, services))
    .chain(([tierList, serviceList]) => {
      const names = serviceList.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
      return fc.tuple(
        fc.constant([...tierList, ...serviceList]),
        fc.tuple(namespaces, accounts, nodeManifests, pods(traits), where(traits.calico, sets(traits))),
        policies(
          traits,
          tierList.map(({ metadata }) => metadata.name),
          names,
        ),
        fc.tuple(where(traits.hosts, hostEndpoints), where(traits.hosts, profiles), where(traits.hosts, felix)),
        settings,
        fc.nat(),
      );
    })
    .map(([first, second, third, fourth, chosen, seed]) => ({
      objects: [...first, ...second.flat(), ...third, ...fourth.flat()],
      settings: chosen,
      seed,
    }));
}
