import { type AddressSet, rangeCount, unionAllAddresses } from '../sets/addresses.ts';
import { boxKey, type LabelBox, matchesBox } from '../sets/labels.ts';
import type { Labels } from './attributes.ts';

/** The addresses that a selector comes to, as far as they could be put together. */
export interface KnownAddresses {
  readonly addresses: AddressSet;
  readonly complete: boolean;
}

/** So many selectors are remembered. */
const capacity = 4096;

/** More things than this in one step, and nothing is taken over from before. */
const mostTouched = 1000;

/** To put more ranges than these together would take too long for a request. */
const mostRanges = 50_000;

interface Answer {
  readonly boxes: readonly LabelBox[];
  all?: AddressSet;
  known?: KnownAddresses;
}

/** Gives the addresses of everything that the boxes admit, one set each. */
type Find = () => readonly AddressSet[];

/**
 * Remembers which addresses a selector comes to in one state of the network sets and host endpoints. Where a set changes,
 * the next state takes over all answers but those of selectors which choose that set.
 */
export class AddressesByLabels {
  #answers = new Map<string, Answer>();
  /** What selectors see of what changed since an earlier state, before and after. */
  #earlier: { readonly state: AddressesByLabels; readonly touched: readonly Labels[] } | undefined;
  #isFollowed = false;

  /** The state after something came, went or changed that selectors see, or saw, as these. */
  after(touched: readonly Labels[]): AddressesByLabels {
    const next = new AddressesByLabels();
    const isFirst = !this.#isFollowed;
    this.#isFollowed = true;
    if (this.#earlier !== undefined && this.#answers.size === 0 && isFirst) {
      // Nobody has asked in between: the two steps are one.
      const both = [...this.#earlier.touched, ...touched];
      if (both.length <= mostTouched) next.#earlier = { ...this.#earlier, touched: both };
      return next;
    }
    this.#settle();
    // A state that others come from again and again is one that stays: what they are asked is kept there, even if it is never asked itself.
    if (this.#answers.size > 0 || !isFirst) next.#earlier = { state: this, touched };
    return next;
  }

  /** All of them. One and the same object as long as nothing changes that the boxes admit. */
  all(boxes: readonly LabelBox[], find: Find): AddressSet {
    const answer = this.#answer(boxes);
    answer.all ??= unionAllAddresses(find());
    return answer.all;
  }

  /** Up to as many as can be put together in time; one and the same object likewise. */
  known(boxes: readonly LabelBox[], find: Find): KnownAddresses {
    const answer = this.#answer(boxes);
    answer.known ??= known(find(), () => this.all(boxes, find));
    return answer.known;
  }

  #answer(boxes: readonly LabelBox[]): Answer {
    const key = keyOf(boxes);
    const own = this.#answers.get(key);
    if (own !== undefined) return own;
    // What is found here holds there as well, and for whatever else comes from it.
    if (this.#earlier !== undefined && !admitsSome(boxes, this.#earlier.touched)) {
      return this.#earlier.state.#answer(boxes);
    }
    const answer: Answer = { boxes };
    if (this.#answers.size >= capacity) this.#answers.clear();
    this.#answers.set(key, answer);
    return answer;
  }

  /** Takes over what still holds, so that states do not hang on one another in a chain. */
  #settle(): void {
    if (this.#earlier === undefined) return;
    const { state, touched } = this.#earlier;
    this.#earlier = undefined;
    for (const [key, answer] of state.#answers) {
      if (!this.#answers.has(key) && !admitsSome(answer.boxes, touched)) this.#answers.set(key, answer);
    }
  }
}

function admitsSome(boxes: readonly LabelBox[], touched: readonly Labels[]): boolean {
  return touched.some((labels) => boxes.some((box) => matchesBox(box, labels)));
}

const keys = new WeakMap<readonly LabelBox[], string>();

/** Equal for equal boxes in any order. Policies ask with the very same list again and again. */
function keyOf(boxes: readonly LabelBox[]): string {
  const known = keys.get(boxes) ?? boxes.map(boxKey).sort().join(' | ');
  keys.set(boxes, known);
  return known;
}

/** Past the cap, the sets of the fewest ranges: these are the ones that may hold everything in a line or two. */
function known(sets: readonly AddressSet[], all: () => AddressSet): KnownAddresses {
  const total = sets.reduce((sum, set) => sum + rangeCount(set), 0);
  if (total <= mostRanges) return { addresses: all(), complete: true };
  let left = mostRanges;
  const few = sets
    .toSorted((a, b) => rangeCount(a) - rangeCount(b))
    .filter((set) => {
      left -= rangeCount(set);
      return left >= 0;
    });
  return { addresses: unionAllAddresses(few), complete: false };
}
