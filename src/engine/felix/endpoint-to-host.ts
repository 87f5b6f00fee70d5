import { asString, field } from '../json/read.ts';
import type { FelixConfiguration } from '../model/felix-configuration.ts';
import type { World } from '../model/world.ts';
import { FelixChains } from './chains.ts';

/** What becomes of what pods send to the node that they run on, once their own policies have let it go. */
export type EndpointToHost = 'accept' | 'drop' | 'unknown';

const parameter = 'DefaultEndpointToHostAction';

/**
 * By the World's FelixConfigurations. Where none says, nobody knows: Felix drops by default, and the official manifests set
 * an environment variable that accepts. `Return` leaves it to rules of the host that are not Calico's.
 *
 * Source: projectcalico/calico felix/config/config_params.go, felix/rules/static.go.
 */
export class EndpointToHostActions {
  readonly #chains: FelixChains;
  readonly #known = new Map<string, EndpointToHost>();

  constructor(world: World) {
    this.#chains = new FelixChains(world);
  }

  on(node: string): EndpointToHost {
    const known = this.#known.get(node) ?? this.#find(node);
    this.#known.set(node, known);
    return known;
  }

  #find(node: string): EndpointToHost {
    const values = this.#chains.on(node).map((chain) => {
      for (const one of chain) {
        const value = actionOf(one);
        if (value !== undefined) return value;
      }
      return 'unknown';
    });
    const [first = 'unknown', ...rest] = values;
    return rest.every((value) => value === first) ? first : 'unknown';
  }
}

function actionOf({ parameters, spec }: FelixConfiguration): EndpointToHost | undefined {
  const annotations = parameters.filter(({ name }) => name.toLowerCase() === parameter.toLowerCase());
  // Of several spellings nobody knows which counts.
  if (annotations.length > 1) return 'unknown';
  const [annotation] = annotations;
  if (annotation !== undefined) return annotation.value === '' ? undefined : read(annotation.value);
  const value = asString(field(spec, 'defaultEndpointToHostAction'));
  return value === undefined || value === '' ? undefined : read(value);
}

function read(value: string): EndpointToHost {
  const action = value.toLowerCase();
  return action === 'accept' || action === 'drop' ? action : 'unknown';
}
