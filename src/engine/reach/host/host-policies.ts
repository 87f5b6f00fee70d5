import type { HostEndpoint } from '../../model/host-endpoint.ts';
import type { Policy } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import { type LabelBox, matchesBox } from '../../sets/labels.ts';

/** A way to choose hosts, and the policies that choose them so. */
interface Choice {
  readonly box: LabelBox;
  readonly number: number;
  readonly policies: (() => Policy)[];
}

/**
 * The policies of hosts by whom they choose. Most ask for a value of some label, so that a host has to be held against
 * few of them.
 */
export class HostPolicies {
  readonly #world: World;
  readonly #choices: readonly Choice[];
  /** By a label that they ask for and one of its values; those that ask for none under none. */
  readonly #asking = new Map<string, Map<string, Choice[]>>();
  readonly #anyway: Choice[] = [];

  constructor(world: World) {
    this.#world = world;
    const choices = new Map<LabelBox, Choice>();
    for (const { boxes, read } of world.policiesOfHosts()) {
      for (const box of boxes) {
        const choice = choices.get(box) ?? { box, number: choices.size, policies: [] };
        choices.set(box, choice);
        choice.policies.push(read);
      }
    }
    this.#choices = [...choices.values()];
    for (const choice of this.#choices) this.#file(choice);
  }

  /** By which of the ways a host is chosen, as a text: equal for hosts that the same policies govern in all likelihood, and for no others. */
  keyOf(host: HostEndpoint): string {
    return this.#of(host)
      .map(({ number }) => number)
      .sort((a, b) => a - b)
      .join();
  }

  policiesOf(host: HostEndpoint): readonly Policy[] {
    const reads = new Set(this.#of(host).flatMap(({ policies }) => policies));
    return Array.from(reads, (read) => read());
  }

  #of(host: HostEndpoint): readonly Choice[] {
    const attributes = this.#world.attributesOfHost(host);
    const possible = [...this.#anyway];
    for (const [key, byValue] of this.#asking) {
      const value = attributes.get(key);
      if (value !== undefined) possible.push(...(byValue.get(value) ?? []));
    }
    return possible.filter(({ box }) => matchesBox(box, attributes));
  }

  #file(choice: Choice): void {
    const asked = choice.box.conditions.find(({ absent, values }) => !absent && values.kind === 'only');
    if (asked?.values.kind !== 'only') {
      this.#anyway.push(choice);
      return;
    }
    const byValue = this.#asking.get(asked.key) ?? new Map<string, Choice[]>();
    this.#asking.set(asked.key, byValue);
    for (const value of asked.values.values) {
      const known = byValue.get(value);
      if (known === undefined) byValue.set(value, [choice]);
      else known.push(choice);
    }
  }
}
