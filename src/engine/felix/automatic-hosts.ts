import { asList, asString, dig, field } from '../json/read.ts';
import { attributesOf } from '../model/attributes.ts';
import type { KubeControllersConfiguration } from '../model/felix-configuration.ts';
import type { Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { matchesBox } from '../sets/labels.ts';

/** Which host endpoints Calico's controllers make for every node. */
export interface AutomaticHosts {
  readonly enabled: boolean;
  /** The one of all interfaces. */
  readonly whole: boolean;
  /** Those of templates, by the names that these give. */
  readonly templates: ReadonlySet<string>;
}

const none: AutomaticHosts = { enabled: false, whole: false, templates: new Set() };

/**
 * Reads the settings of host endpoints. `autoCreate` is off unless it is on; with it, the endpoint of all interfaces is
 * there unless it is off.
 *
 * Source: projectcalico/calico api/pkg/apis/projectcalico/v3/kubecontrollersconfig.go.
 */
export function automaticHosts(configuration: KubeControllersConfiguration | undefined): AutomaticHosts {
  const settings = dig(configuration?.spec, 'controllers', 'node', 'hostEndpoint');
  if (field(settings, 'autoCreate') !== 'Enabled') return none;
  const templates = (asList(field(settings, 'templates')) ?? []).map(
    (template) => asString(field(template, 'generateName')) ?? '',
  );
  return {
    enabled: true,
    whole: field(settings, 'createDefaultHostEndpoint') !== 'Disabled',
    templates: new Set(templates),
  };
}

/** Calico puts it on every host endpoint that it makes. */
const createdBy: ReadonlyMap<string, string> = new Map([['projectcalico.org/created-by', 'calico-kube-controllers']]);

/** Enforced policies that govern any host endpoint whatsoever, meant or not: one without any label of a node is among them. */
export function policiesOfEveryHost(world: World): readonly Policy[] {
  const host = attributesOf({
    kind: 'HostEndpoint',
    own: createdBy,
    namespace: undefined,
    serviceAccount: undefined,
    calico: true,
  });
  return world
    .clusterPolicies()
    .filter(({ enforced, subject }) => enforced && subject.endpoints.some((box) => matchesBox(box, host)))
    .sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
}
