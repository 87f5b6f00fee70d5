import type { FieldPath } from '../json/path.ts';
import type { World } from '../model/world.ts';
import { containsAddresses, noAddresses, unionAllAddresses } from '../sets/addresses.ts';
import { FelixChains } from './chains.ts';
import { type FelixChange, nodesAtStake } from './nodes-at-stake.ts';
import { meaningOf, meaningsBy, parameterValues, stopsFelix } from './parameter-values.ts';
import { type Danger, type FelixParameterDefinition, felixParameters, noneStopsToo } from './parameters.ts';
import { readNet } from './port-list.ts';

/** A parameter that a change gives another value, where that matters. */
export interface ChangedParameter {
  readonly kind: 'bypass' | 'switch';
  readonly definition: FelixParameterDefinition;
  /** As it is written; undefined where the object says nothing any more, and what lies below counts. */
  readonly written: string | undefined;
  readonly meaning: string;
  readonly path: FieldPath;
}

/** What a change makes count that did not before. Undefined where there are too many nodes to say. */
export function changedParameters(
  change: FelixChange,
  worlds: { readonly before: World; readonly after: World },
): readonly ChangedParameter[] | undefined {
  const stakes = nodesAtStake(change, worlds);
  if (stakes === undefined) return undefined;
  const chains = (side: 'before' | 'after') => {
    const found = stakes.flatMap((stake) => stake[side]);
    return found.length > 0 ? found : [new FelixChains(worlds[side]).elsewhere()];
  };
  const before = chains('before');
  const after = chains('after');
  return felixParameters.flatMap((definition) => {
    const own = change.after === undefined ? [] : parameterValues(change.after, definition);
    const had = change.before === undefined ? [] : parameterValues(change.before, definition);
    if (own.length === 0 && had.length === 0) return [];
    const earlier = new Set([
      ...had.map(({ text }) => meaningOf(definition, text)),
      ...(had.length > 0 ? [] : meaningsBy(before, definition)),
    ]);
    const now =
      own.length > 0
        ? own
            .filter(({ text }) => !stopsFelix(definition, text))
            .map(({ text, path }) => ({ written: text, meaning: meaningOf(definition, text), path }))
        : Array.from(meaningsBy(after, definition), (meaning) => ({ written: undefined, meaning, path: ['spec'] }));
    return now.flatMap((value) => {
      const kind = kindOf(definition, value.meaning, earlier);
      return kind === undefined ? [] : [{ kind, definition, ...value }];
    });
  });
}

function kindOf(
  { bypass, switches, usual }: FelixParameterDefinition,
  meaning: string,
  earlier: ReadonlySet<string>,
): ChangedParameter['kind'] | undefined {
  if (earlier.has(meaning)) return undefined;
  if (bypass !== undefined && isDangerous(bypass.when, meaning, usual, earlier)) return 'bypass';
  return switches === undefined ? undefined : 'switch';
}

function isDangerous(when: Danger, meaning: string, usual: string, earlier: ReadonlySet<string>): boolean {
  if (when === 'any-other') return meaning !== usual;
  if (when === 'wider') return ![...earlier].some((list) => containsAddresses(addressesIn(list), addressesIn(meaning)));
  return when.includes(meaning);
}

function addressesIn(list: string) {
  return unionAllAddresses(list.split(',').map((one) => readNet(one)?.addresses ?? noAddresses));
}

/** A value at which Felix stops. */
export interface Stopping {
  readonly name: string;
  readonly text: string;
  readonly path: FieldPath;
  /** What was expected; undefined where anything but `none` would do. */
  readonly definition: FelixParameterDefinition | undefined;
}

/** The values of an object at which Felix stops, by field or by annotation, and which it did not have before. */
export function stoppingValues({ before, after }: FelixChange): readonly Stopping[] {
  if (after === undefined) return [];
  const listed = felixParameters.flatMap((definition) => {
    const had = new Set((before === undefined ? [] : parameterValues(before, definition)).map(({ text }) => text));
    return parameterValues(after, definition).flatMap(({ text, path }) =>
      stopsFelix(definition, text) && !had.has(text) ? [{ name: definition.name, text, path, definition }] : [],
    );
  });
  const others = after.parameters.flatMap(({ name, value, path }) => {
    if (value.toLowerCase() !== 'none' || !noneStopsToo.has(name.toLowerCase())) return [];
    const had = before?.parameters.some((one) => one.name === name && one.value === value) === true;
    return had ? [] : [{ name, text: value, path, definition: undefined }];
  });
  return [...listed, ...others];
}
