import { formatPath } from '../engine/json/path.ts';
import type { Language } from '../engine/words/language.ts';
import type { Entry, SourceDocument } from '../files/documents.ts';
import type { Fault } from './fault.ts';
import type { Sentence } from './sentences.ts';

/** What is wrong with a configuration, and where. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The field in the document, such as `spec.guardrails.keep-dns.mode`; empty where it is the document or the file. */
  readonly path: string;
  /** One sentence. */
  readonly message: string;
}

export function problemAt({ locate, source }: SourceDocument, fault: Fault, language: Language): ConfigProblem {
  const { line, column } = locate(fault.path);
  return { file: source.file, line, column, path: formatPath(fault.path), message: fault.sentence[language] };
}

/** A problem of a file as a whole. */
export function problemOfFile(file: string, sentence: Sentence, language: Language): ConfigProblem {
  return { file, line: 1, column: 1, path: '', message: sentence[language] };
}

/** `file:line:column`, as editors and compilers write it. */
export function placeOf({ file, line, column }: Pick<ConfigProblem, 'file' | 'line' | 'column'>): string {
  return `${file}:${line}:${column}`;
}

/** A problem as one line for a terminal or a log. */
export function formatProblem(problem: ConfigProblem): string {
  return `${placeOf(problem)}: ${problem.path === '' ? '' : `${problem.path}: `}${problem.message}`;
}

export function unreadableEntry(entry: Extract<Entry, { kind: 'unreadable' }>): ConfigProblem {
  const { message, line, column } = entry.error;
  return { file: entry.source.file, line, column, path: '', message };
}
