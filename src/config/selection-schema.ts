import { z } from 'zod';
import { field } from '../engine/json/read.ts';
import { readSelector } from '../engine/sets/labels.ts';
import { checked, type Fault, fine, here, mapping } from './fault.ts';
import * as sentences from './sentences.ts';
import { nameOrGlob } from './text-schemas.ts';

const expression = mapping({
  key: z.string(),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: z.array(z.string()).optional(),
});

/** A label selector as Kubernetes reads it. `{}` selects everything. */
export const labelSelector = checked(
  mapping({
    matchLabels: z.record(z.string(), z.string()).optional(),
    matchExpressions: z.array(expression).optional(),
  }),
  selectorFaults,
).meta({ id: 'LabelSelector', description: 'A label selector, as in a NetworkPolicy.' });

/** Labels that must all be there with these values. */
export const labels = checked(z.record(z.string(), z.string()), (value) =>
  selectorFaults({ matchLabels: value }).map(({ path, sentence }) => ({ path: path.slice(1), sentence })),
).meta({ id: 'Labels', description: 'Labels that must all be there with these values.' });

function selectorFaults(selector: unknown): readonly Fault[] {
  const reading = readSelector(selector);
  if (reading.ok) return fine;
  return reading.problems.map(({ key, path, value }) => ({ path, sentence: sentences.unreadableSelector(key, value) }));
}

/** What a selection is made of; several together must hold all. */
export const selectionParts = {
  names: z.array(nameOrGlob).optional().describe('Exact names, or patterns with * for any run of characters.'),
  labels: labels.optional(),
  selector: labelSelector.optional(),
};

/** A choice of namespaces or pods. `{}` is refused: it would be everything, and looks like nothing. */
export const selection = checked(mapping(selectionParts), (value) =>
  Object.keys(value).length === 0 ? here(sentences.emptySelection()) : fine,
).meta({
  id: 'Selection',
  description: 'A choice of namespaces, pods or objects: names, labels and selector; what is given must hold together.',
  minProperties: 1,
});

/** Whether the value has the field, whatever it is. */
export function has(value: unknown, key: string): boolean {
  return field(value, key) !== undefined;
}
