import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressesByLabels } from '../../../src/engine/model/addresses-by-labels.ts';
import { type AddressSet, addressKey, unionAllAddresses } from '../../../src/engine/sets/addresses.ts';
import { readAddress } from '../../../src/engine/sets/cidr.ts';
import { labelIn } from '../../../src/engine/sets/labels.ts';

const feeds = ['a', 'b', 'c'] as const;
type Feed = (typeof feeds)[number];

/** Things that carry one label and have one address each. */
type Things = ReadonlyMap<string, { readonly feed: Feed; readonly address: string }>;

function addressOf(text: string): AddressSet {
  const reading = readAddress(text);
  if (!reading.ok) throw new Error(text);
  return reading.addresses;
}

const boxesOf = Object.fromEntries(feeds.map((feed) => [feed, [labelIn('feed', [feed])]]));

function find(things: Things, feed: Feed): readonly AddressSet[] {
  return [...things.values()].filter((one) => one.feed === feed).map(({ address }) => addressOf(address));
}

function ask(state: AddressesByLabels, things: Things, feed: Feed, heard: () => void = () => undefined): string {
  const addresses = state.all(boxesOf[feed] ?? [], () => {
    heard();
    return find(things, feed);
  });
  return addressKey(addresses);
}

const labelsOf = (feed: Feed) => new Map([['feed', feed]]);

describe('addresses by labels', () => {
  it('are those of the moment, whatever changed and whoever asked before', () => {
    const step = fc.record({
      name: fc.constantFrom('x', 'y', 'z'),
      feed: fc.option(fc.constantFrom(...feeds), { nil: undefined }),
      address: fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1'),
      /** Only tried, as by a request, or done. */
      stays: fc.boolean(),
      asked: fc.subarray([...feeds]),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let state = new AddressesByLabels();
        let things: Things = new Map();
        for (const { name, feed, address, stays, asked } of steps) {
          const next = new Map(things);
          const old = next.get(name);
          if (feed === undefined) next.delete(name);
          else next.set(name, { feed, address });
          const touched = [old?.feed, feed].filter((one) => one !== undefined).map(labelsOf);
          const after = state.after(touched);
          for (const one of asked) {
            expect(ask(after, next, one)).toBe(addressKey(unionAllAddresses(find(next, one))));
            if (stays) continue;
            expect(ask(state, things, one)).toBe(addressKey(unionAllAddresses(find(things, one))));
          }
          if (stays) [state, things] = [after, next];
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('are put together once for many that are tried and thrown away', () => {
    const things: Things = new Map(feeds.map((feed, at) => [feed, { feed, address: `10.0.0.${at}` }]));
    // Somebody asked long ago, and everything has changed since.
    const old = new AddressesByLabels();
    ask(old, new Map(), 'a');
    const base = old.after(feeds.map(labelsOf));
    const looks = counter();
    for (let request = 0; request < 10; request += 1) ask(base.after([labelsOf('c')]), things, 'a', looks.count);
    expect(looks.counted()).toBeLessThanOrEqual(2);
  });
});

function counter() {
  let counted = 0;
  return {
    count: () => {
      counted += 1;
    },
    counted: () => counted,
  };
}
