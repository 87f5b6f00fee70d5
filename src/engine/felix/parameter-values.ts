import type { FieldPath } from '../json/path.ts';
import { asList, field, isAbsent, isObject } from '../json/read.ts';
import type { FelixConfiguration } from '../model/felix-configuration.ts';
import type { FelixChain } from './chains.ts';
import type { FelixParameterDefinition } from './parameters.ts';

/** A value of a parameter as Felix gets it, and where it is written. */
export interface ParameterValue {
  readonly text: string;
  readonly path: FieldPath;
}

/**
 * The values of which one counts where the object does; none where it has none. An annotation of the exact name takes
 * the field's place; one in other letters is a second value, and chance decides.
 */
export function parameterValues(
  { spec, parameters }: FelixConfiguration,
  { name, field: fieldName }: FelixParameterDefinition,
): readonly ParameterValue[] {
  const lower = name.toLowerCase();
  const annotations = parameters.filter((one) => one.name.toLowerCase() === lower);
  const exact = annotations.some((one) => one.name === name);
  const written = annotations.map(({ value, path }) => ({ text: value, path }));
  const text = exact ? undefined : fieldText(field(spec, fieldName));
  const ofField = text === undefined ? [] : [{ text, path: ['spec', fieldName] }];
  return [...ofField, ...written].filter((value) => value.text !== '');
}

/** The text that Calico makes of a field; undefined where there is none. */
function fieldText(value: unknown): string | undefined {
  if (isAbsent(value)) return undefined;
  return asList(value)?.map(entryText).join(',') ?? entryText(value);
}

/** Ranges of route tables are the only objects; what nests deeper is no value of any parameter. */
function entryText(value: unknown): string {
  if (isObject(value)) return `${scalarText(field(value, 'min'))}-${scalarText(field(value, 'max'))}`;
  return scalarText(value);
}

function scalarText(value: unknown): string {
  return typeof value === 'object' || value === undefined ? '' : String(value);
}

/** Whether Felix stops at the text. */
export function stopsFelix({ form, stops, noneStops }: FelixParameterDefinition, text: string): boolean {
  if (text.toLowerCase() === 'none') return noneStops;
  return stops && form.read(text) === undefined;
}

/** What the text comes to, one text for all spellings of it. */
export function meaningOf({ form, usual }: FelixParameterDefinition, text: string): string {
  return text.toLowerCase() === 'none' ? form.zero : (form.read(text) ?? usual);
}

/** All that may count by one of the chains, each as {@link meaningOf} gives it. */
export function meaningsBy(chains: readonly FelixChain[], definition: FelixParameterDefinition): ReadonlySet<string> {
  return new Set(
    chains.flatMap((chain) => {
      for (const one of chain) {
        const values = parameterValues(one, definition);
        if (values.length > 0) return values.map(({ text }) => meaningOf(definition, text));
      }
      return [definition.usual];
    }),
  );
}
