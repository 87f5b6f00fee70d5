import type { KnownAddresses } from '../model/addresses-by-labels.ts';
import type { Direction, Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import type { LabelBox } from '../sets/labels.ts';
import { equalTraffic, type Traffic } from '../sets/traffic.ts';
import type { FarWorld, Surroundings } from './far-end.ts';
import { type OpenParts, openParts } from './opening.ts';
import { type Neighbours, neighboursOf } from './others.ts';

interface Known {
  readonly direction: Direction;
  readonly besides: Traffic;
  readonly open: OpenParts;
  /** What was looked up on the way: the answer is the same in every World that answers these the same. */
  readonly lookups: readonly Lookup[];
}

/** Whether a World gives the answer that was heard. */
type Lookup = (world: FarWorld) => boolean;

/** For one policy, in both directions, before and after a change, with and without the ports that may stand open. */
const mostKnown = 8;

/** Remembers what policies open, as long as they are at hand and what their peers come to stays the same. */
export class Openings {
  readonly #known = new WeakMap<Policy, readonly Known[]>();
  readonly #neighbours = new WeakMap<World, { readonly policy: Policy; readonly neighbours: Neighbours }>();

  /** The neighbours of a policy in a World; asked for in one direction after the other, they are looked for once. */
  beside(policy: Policy, world: World): Neighbours {
    const known = this.#neighbours.get(world);
    if (known?.policy === policy) return known.neighbours;
    const neighbours = neighboursOf(policy, world);
    this.#neighbours.set(world, { policy, neighbours });
    return neighbours;
  }

  of(policy: Policy, direction: Direction, besides: Traffic, surroundings: Surroundings): OpenParts {
    const { world, cluster } = surroundings;
    const known = this.#known.get(policy) ?? [];
    const same = known.find(
      (one) =>
        one.direction === direction &&
        equalTraffic(one.besides, besides) &&
        one.lookups.every((isAsHeard) => isAsHeard(world)),
    );
    if (same !== undefined) return same.open;
    const listening = new Listening(world);
    const open = openParts(policy, direction, besides, { world: listening, cluster });
    const answer = { direction, besides, open, lookups: listening.lookups };
    this.#known.set(policy, [...known, answer].slice(-mostKnown));
    return open;
  }
}

/** A World that hears what is looked up in it. */
class Listening implements FarWorld {
  readonly lookups: Lookup[] = [];
  readonly #world: FarWorld;

  constructor(world: FarWorld) {
    this.#world = world;
  }

  knownAs(boxes: readonly LabelBox[]): KnownAddresses {
    const heard = this.#world.knownAs(boxes);
    this.lookups.push((world) => world.knownAs(boxes) === heard);
    return heard;
  }

  knowsSets(): boolean {
    const heard = this.#world.knowsSets();
    this.lookups.push((world) => world.knowsSets() === heard);
    return heard;
  }

  hasService(namespace: string, name: string): boolean {
    const heard = this.#world.hasService(namespace, name);
    this.lookups.push((world) => world.hasService(namespace, name) === heard);
    return heard;
  }
}
