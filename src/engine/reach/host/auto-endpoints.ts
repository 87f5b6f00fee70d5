import { matchesSelector } from '../../dialects/calico/selector/evaluate.ts';
import { parseSelector } from '../../dialects/calico/selector/parse.ts';
import { asList, asString, dig, field, stringMap } from '../../json/read.ts';
import type { CheckContext } from '../../model/check-context.ts';
import type { KubeControllersConfiguration } from '../../model/felix-configuration.ts';
import { defaultAllowProfile } from '../../model/host-endpoint.ts';
import type { Node } from '../../model/node.ts';
import type { ObjectRef } from '../../model/object.ts';
import type { World } from '../../model/world.ts';
import { addressCidrs } from '../../sets/addresses.ts';
import type { InterfaceAtStake } from './at-stake.ts';

/** The host endpoints that a change makes Calico's controllers create, and the World with them. */
export interface Created {
  readonly world: World;
  readonly interfaces: readonly InterfaceAtStake[];
}

/** More nodes than this are not looked at one by one. */
const mostNodes = 2000;

/**
 * What comes of switching automatic host endpoints on: an endpoint for each node of today, by its labels, open until a
 * policy selects it. Undefined where the change switches nothing on.
 *
 * Source: projectcalico/calico kube-controllers/pkg/controllers/node/hostendpoints.go.
 */
export function createdEndpoints({ change, before, after }: CheckContext): Created | 'work-cap' | undefined {
  if (change.ref.kind !== 'KubeControllersConfiguration') return undefined;
  const { name } = change.ref;
  const is = after.object('kubeControllersConfigurations', name);
  if (name !== 'default' || is === undefined || change.operation === 'DELETE') return undefined;
  const was = change.operation === 'CREATE' ? undefined : before.object('kubeControllersConfigurations', name);
  if (after.countOf('nodes') > mostNodes) return 'work-cap';
  const old = new Set(
    [...after.objects('nodes')].flatMap((node) => endpointsFor(node, was).map(({ ref }) => ref.name)),
  );
  const made = [...after.objects('nodes')].flatMap((node) => endpointsFor(node, is));
  const fresh = made.filter(({ ref }) => !old.has(ref.name) && after.object('hostEndpoints', ref.name) === undefined);
  if (fresh.length === 0) return undefined;
  const world = fresh.reduce((next, { object, ref }) => next.with(object, ref), after);
  const interfaces = fresh.flatMap(({ ref }) => {
    const host = world.object('hostEndpoints', ref.name);
    return host === undefined ? [] : [{ before: undefined, after: host }];
  });
  return { world, interfaces };
}

/** Whether automatic host endpoints are switched on by a configuration. */
function isOn(one: KubeControllersConfiguration | undefined): boolean {
  return asString(dig(one?.spec, 'controllers', 'node', 'hostEndpoint', 'autoCreate'))?.toLowerCase() === 'enabled';
}

interface Made {
  readonly ref: ObjectRef;
  readonly object: unknown;
}

function endpointsFor(node: Node, configuration: KubeControllersConfiguration | undefined): readonly Made[] {
  if (!isOn(configuration)) return [];
  const settings = dig(configuration?.spec, 'controllers', 'node', 'hostEndpoint');
  const usual = asString(field(settings, 'createDefaultHostEndpoint'))?.toLowerCase() !== 'disabled';
  const templates = (asList(field(settings, 'templates')) ?? []).filter((template) => isFor(template, node));
  return [
    ...(usual ? [endpoint(node, `${node.name}-auto-hep`, undefined)] : []),
    ...templates.map((template) =>
      endpoint(node, `${node.name}-auto-hep-${asString(field(template, 'generateName')) ?? ''}`, template),
    ),
  ];
}

function isFor(template: unknown, node: Node): boolean {
  const parsed = parseSelector(asString(field(template, 'nodeSelector')) ?? '');
  return parsed.ok && matchesSelector(parsed.selector, node.labels);
}

function endpoint({ name: node, labels, addresses }: Node, name: string, template: unknown): Made {
  const own = stringMap(field(template, 'labels'));
  return {
    ref: { group: 'projectcalico.org', version: 'v3', kind: 'HostEndpoint', namespace: undefined, name },
    object: {
      metadata: {
        name,
        labels: {
          ...Object.fromEntries([...labels, ...own]),
          'projectcalico.org/created-by': 'calico-kube-controllers',
        },
      },
      spec: {
        node,
        interfaceName: '*',
        expectedIPs: addressCidrs(addresses).flatMap((cidr) => /^(.*)\/(?:32|128)$/.exec(cidr)?.[1] ?? []),
        profiles: [defaultAllowProfile],
      },
    },
  };
}
