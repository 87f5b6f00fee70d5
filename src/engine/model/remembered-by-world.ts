/** A World, which shares its `lineage` with those that it comes from. */
interface Lineal {
  readonly lineage: object;
}

/** The World before a change, the one after it, and the one with the old object in its place, for two changes. */
const mostWorlds = 6;

/**
 * What was worked out of a World, by a key. Of the Worlds that come from one another the few that were asked about last
 * are remembered, each with the few keys that were asked for last, so that it never grows.
 */
export class RememberedByWorld<T> {
  readonly #most: number;
  readonly #lineages = new WeakMap<object, Map<Lineal, Map<string, T>>>();

  constructor(most: number) {
    this.#most = most;
  }

  of(world: Lineal, key: string, make: () => T): T {
    const worlds = this.#lineages.get(world.lineage) ?? new Map<Lineal, Map<string, T>>();
    this.#lineages.set(world.lineage, worlds);
    const known = worlds.get(world) ?? new Map<string, T>();
    keepLast(worlds, world, known, mostWorlds);
    const found = known.get(key) ?? make();
    keepLast(known, key, found, this.#most);
    return found;
  }
}

function keepLast<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
