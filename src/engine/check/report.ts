import type { FieldPath } from '../json/path.ts';
import type { Operation } from '../model/change.ts';
import type { ObjectRef } from '../model/object.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** Where something was read. Lines and columns count from 1, documents from 0. */
export interface Source {
  readonly file: string;
  readonly document: number;
  readonly item: number | null;
  readonly line: number;
  readonly column: number;
}

/** What the renderers need of the place an object was read from. */
export interface Place {
  readonly source: Source;
  locate(path: FieldPath): { readonly line: number; readonly column: number };
  lineText(line: number): string | undefined;
}

/** One document of the input, and what became of it. */
export type CheckedDocument =
  | {
      readonly kind: 'judged';
      readonly place: Place;
      readonly ref: ObjectRef;
      readonly object: unknown;
      readonly operation: Operation;
      readonly verdict: Verdict;
    }
  | { readonly kind: 'ignored'; readonly place: Place; readonly ref: ObjectRef; readonly operation: Operation }
  | {
      readonly kind: 'error';
      readonly source: Source;
      readonly error: { readonly message: string; readonly line: number; readonly column: number };
      lineText(line: number): string | undefined;
    };

export interface Summary {
  readonly documents: number;
  readonly judged: number;
  readonly ignored: number;
  readonly denied: number;
  readonly warned: number;
  readonly errors: number;
}

export function summarize(documents: readonly CheckedDocument[]): Summary {
  const judged = documents.filter((one) => one.kind === 'judged');
  const has = (effect: string) =>
    judged.filter((one) => one.verdict.findings.some((finding) => finding.effect === effect)).length;
  return {
    documents: documents.length,
    judged: judged.length,
    ignored: documents.filter((one) => one.kind === 'ignored').length,
    denied: has('deny'),
    warned: has('warn'),
    errors: documents.filter((one) => one.kind === 'error').length,
  };
}
