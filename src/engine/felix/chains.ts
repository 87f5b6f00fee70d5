import type { FelixConfiguration } from '../model/felix-configuration.ts';
import type { World } from '../model/world.ts';
import { overlapBoxes } from '../sets/labels.ts';

/** The objects whose settings count on a node, the nearest first: each parameter is taken whole from the first that has it. */
export type FelixChain = readonly FelixConfiguration[];

/**
 * All FelixConfigurations of a World by what they are for. `node.NAME` stands before the one that a selector gives the
 * node, and that before `default`. Of several whose selectors choose a node only the oldest counts.
 *
 * What environment variables and files of a node say stands before all of these, and no object tells of it.
 */
export class FelixChains {
  readonly #world: World;
  readonly #default: FelixConfiguration | undefined;
  #selected: readonly FelixConfiguration[] | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#default = world.object('felixConfigurations', 'default');
  }

  /** The objects that a selector gives to nodes, the oldest first. */
  get selected(): readonly FelixConfiguration[] {
    if (this.#selected !== undefined) return this.#selected;
    const found: FelixConfiguration[] = [];
    // Large clusters hold one for every node besides these.
    for (const one of this.#world.objects('felixConfigurations')) {
      if (one.scope.kind === 'selected' || one.scope.kind === 'unclear') found.push(one);
    }
    this.#selected = found.sort(byAge);
    return this.#selected;
  }

  /** What counts on the nodes that nothing nearer speaks of. */
  elsewhere(): FelixChain {
    return this.#default === undefined ? [] : [this.#default];
  }

  /** What counts on a node: several chains where it cannot be known which of them it is. */
  on(node: string): readonly FelixChain[] {
    const own = this.#world.object('felixConfigurations', `node.${node}`);
    const labels = this.#world.object('nodes', node)?.labels;
    return this.#chains(own, (one) => {
      if (one.scope.kind !== 'selected' || labels === undefined) return 'maybe';
      return one.scope.selects(labels) ? 'yes' : 'no';
    });
  }

  /** What counts on nodes of which nothing is known but that another object's selector chooses them, or did. */
  onNodesOf({ scope }: FelixConfiguration): readonly FelixChain[] {
    return this.#chains(undefined, (one) => {
      if (scope.kind !== 'selected' || one.scope.kind !== 'selected') return 'maybe';
      if (scope.selector === one.scope.selector) return 'yes';
      const { boxes } = scope;
      const others = one.scope.boxes;
      if (boxes === undefined || others === undefined) return 'maybe';
      return boxes.some((box) => others.some((other) => overlapBoxes(box, other))) ? 'maybe' : 'no';
    });
  }

  #chains(
    own: FelixConfiguration | undefined,
    chooses: (one: FelixConfiguration) => 'yes' | 'no' | 'maybe',
  ): readonly FelixChain[] {
    const nearest = own === undefined ? [] : [own];
    const chains: FelixChain[] = [];
    for (const one of this.selected) {
      const answer = chooses(one);
      if (answer === 'no') continue;
      chains.push([...nearest, one, ...this.elsewhere()]);
      if (answer === 'yes') return chains;
    }
    return [...chains, [...nearest, ...this.elsewhere()]];
  }
}

/** What is only being created is the youngest. */
function byAge(a: FelixConfiguration, b: FelixConfiguration): number {
  const [first, second] = [a.created ?? '~', b.created ?? '~'];
  if (first !== second) return first < second ? -1 : 1;
  return a.ref.name < b.ref.name ? -1 : 1;
}

/** Every node that something of the World names: Node objects, host endpoints, and `node.NAME`. */
export function knownNodes(world: World): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name } of world.objects('nodes')) names.add(name);
  for (const { node } of world.objects('hostEndpoints')) if (node !== '') names.add(node);
  for (const { scope } of world.objects('felixConfigurations')) if (scope.kind === 'node') names.add(scope.node);
  return names;
}
