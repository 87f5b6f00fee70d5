import { z } from 'zod';
import type { FieldPath } from '../engine/json/path.ts';
import type { Sentence } from './sentences.ts';

/** Something in a document that is not as it must be: where, and what. */
export interface Fault {
  readonly path: FieldPath;
  readonly sentence: Sentence;
}

/** What a check says when it has nothing to say. */
export const fine: readonly Fault[] = [];

/** A fault of the value itself. */
export function here(sentence: Sentence): readonly Fault[] {
  return [{ path: [], sentence }];
}

/**
 * Adds a check of our own to a schema; it runs once the value has the right shape. Its sentences travel through zod as
 * parameters of a custom issue.
 */
export function checked<S extends z.ZodType>(schema: S, check: (value: z.output<S>) => readonly Fault[]): S {
  return schema.check((payload) => {
    // An unknown key is told first: what it was meant for may be what the check would miss.
    if (payload.issues.length > 0) return;
    for (const { path, sentence } of check(payload.value)) {
      payload.issues.push({ code: 'custom', input: payload.value, path: [...path], params: { sentence } });
    }
  });
}

/** A mapping of these keys and no others. The names of the keys travel along in the message of an unknown one. */
export function mapping<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(' ') : undefined),
  });
}

/** A whole number from `least` on. */
export function integer(least: number, most?: number) {
  const schema = z.int({ error: (issue) => (issue.code === 'invalid_type' ? 'integer' : undefined) }).min(least);
  return most === undefined ? schema : schema.max(most);
}

/** One of several spellings of a value, called by one name in messages. */
export function spellings<const S extends readonly z.ZodType[]>(
  expected: 'prefix' | 'ports' | 'cidrs' | 'mode',
  forms: S,
) {
  return z.union(forms, { error: () => expected });
}
