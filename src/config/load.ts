import type { Guardrail } from '../engine/guardrails/define.ts';
import type { Exemption, GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import { asList, asString, dig, field } from '../engine/json/read.ts';
import type { EnforcerProfile } from '../engine/model/cluster-facts.ts';
import type { Language } from '../engine/words/language.ts';
import { type Entry, readDocuments, type SourceDocument } from '../files/documents.ts';
import { type ExemptionLimits, readExemption } from './exemption.ts';
import type { Fault } from './fault.ts';
import { nearest } from './nearest.ts';
import { type ConfigProblem, placeOf, problemAt, unreadableEntry } from './problem.ts';
import { resolve, sourceOf } from './resolve.ts';
import {
  apiVersion,
  exemptionSchema,
  guardrailSetSchema,
  type WrittenExemption,
  type WrittenGuardrailSet,
} from './schema.ts';
import * as sentences from './sentences.ts';
import { shaped } from './shape.ts';
import { formatDate } from './time.ts';

export interface ConfigFile {
  /** As the user names it. */
  readonly file: string;
  readonly text: string;
}

export interface LoadOptions {
  readonly registry: readonly Guardrail[];
  /** The namespace that Sekisho itself runs in; `sekisho-system` where nobody says. */
  readonly ownNamespace?: string | undefined;
  readonly ownService?: string | undefined;
  /** Takes the place of the configuration's `enforcer`. */
  readonly enforcerOverride?: EnforcerProfile | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The language of problems and warnings; English where nobody says. */
  readonly language?: Language | undefined;
}

export type LoadResult = Loaded | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export interface Loaded {
  readonly ok: true;
  readonly set: GuardrailSet;
  /** What works, and yet is not as somebody may think: exemptions that have run out, files without anything. */
  readonly warnings: readonly ConfigProblem[];
  readonly found: { readonly guardrailSet: boolean; readonly exemptions: number };
  /** The parts, to be put together with others. */
  readonly written: Written;
}

/** The documents of a configuration that have the right shape: each as it was written, and as it was read. */
export interface Written {
  readonly guardrailSet: { readonly spec: unknown; readonly value: WrittenGuardrailSet } | undefined;
  readonly exemptions: readonly { readonly spec: unknown; readonly value: WrittenExemption }[];
}

/**
 * Reads a whole configuration: at most one GuardrailSet, any number of Exemptions, in any number of files. Either all of
 * it can be read, or none of it counts and every reason why is told.
 */
export function loadConfiguration(files: readonly ConfigFile[], options: LoadOptions): LoadResult {
  const entries = files.flatMap(({ file, text }) => readDocuments(file, text).entries);
  return loadEntries(entries, options);
}

/** As {@link loadConfiguration}, of files that were taken apart already. */
export function loadEntries(entries: readonly Entry[], options: LoadOptions): LoadResult {
  const notes = new Notes(options.language ?? 'en');
  const documents = documentsOf(entries, notes);
  const sets = documents.filter(({ value }) => kindOf(value) === 'GuardrailSet');
  const exempting = documents.filter(({ value }) => kindOf(value) === 'Exemption');
  const set = readGuardrailSet(sets, options, notes);
  const spec = set?.spec ?? {};
  const found = readExemptions(exempting, options, notes, {
    maxDays: spec.exemptions?.maxDays ?? 180,
    customRules: customRulesOf(sets),
    now: options.now,
  });
  if (notes.problems.length > 0) return { ok: false, problems: notes.problems };
  const exemptions = found.map(({ exemption }) => exemption).sort((a, b) => (a.name < b.name ? -1 : 1));
  const writtenSpec = field(sets[0]?.value, 'spec');
  const source = sourceOf(
    writtenSpec,
    found.map(({ spec: written, value }) => [value.metadata.name, written]),
  );
  const { registry, ownNamespace, ownService, enforcerOverride: enforcer } = options;
  return {
    ok: true,
    set: resolve({ spec, exemptions, source }, { registry, ownNamespace, ownService, enforcer }),
    warnings: notes.warnings,
    found: { guardrailSet: sets.length > 0, exemptions: exemptions.length },
    written: { guardrailSet: set === undefined ? undefined : { spec: writtenSpec, value: set }, exemptions: found },
  };
}

/** What there is to say about the documents, in one language. */
class Notes {
  readonly problems: ConfigProblem[] = [];
  readonly warnings: ConfigProblem[] = [];
  readonly #language: Language;

  constructor(language: Language) {
    this.#language = language;
  }

  add(document: SourceDocument, faults: readonly Fault[]): void {
    const problems = faults.map((fault) => problemAt(document, fault, this.#language));
    // The schema complains in its own order; a reader goes from top to bottom.
    problems.sort((a, b) => a.line - b.line || a.column - b.column);
    for (const problem of problems) this.problems.push(problem);
  }

  warn(document: SourceDocument, fault: Fault): void {
    this.warnings.push(problemAt(document, fault, this.#language));
  }
}

const kinds = ['GuardrailSet', 'Exemption'];

function kindOf(value: unknown): string | undefined {
  return asString(field(value, 'kind'));
}

/** The documents that are of our kinds; the others are noted as problems. */
function documentsOf(entries: readonly Entry[], notes: Notes): readonly SourceDocument[] {
  const documents: SourceDocument[] = [];
  for (const entry of entries) {
    if (entry.kind === 'unreadable') {
      notes.problems.push(unreadableEntry(entry));
      continue;
    }
    const faults = [
      ...identityFaults(entry.value, 'apiVersion', [apiVersion]),
      ...identityFaults(entry.value, 'kind', kinds),
    ];
    notes.add(entry, faults);
    if (faults.length === 0) documents.push(entry);
  }
  return documents;
}

function identityFaults(value: unknown, key: 'apiVersion' | 'kind', known: readonly string[]): readonly Fault[] {
  const written = field(value, key);
  const text = asString(written);
  if (text !== undefined && known.includes(text)) return [];
  const path = written === undefined ? [] : [key];
  if (written === undefined) return [{ path, sentence: sentences.missing(key) }];
  if (text === undefined) return [{ path, sentence: sentences.wrongType('text', written) }];
  return [{ path, sentence: sentences.unknownName(key, text, nearest(text, known), known) }];
}

function readGuardrailSet(
  sets: readonly SourceDocument[],
  { registry }: LoadOptions,
  notes: Notes,
): WrittenGuardrailSet | undefined {
  const [first, ...others] = sets;
  if (first === undefined) return undefined;
  const sentence = sentences.secondGuardrailSet(placeOf(first.source));
  for (const other of others) notes.add(other, [{ path: ['kind'], sentence }]);
  const result = shaped(guardrailSetSchema(registry), first.value);
  if (result.ok) return result.value;
  notes.add(first, result.faults);
  return undefined;
}

/** Their names, read so that a fault elsewhere in the GuardrailSet makes no exemption look wrong. */
function customRulesOf(sets: readonly SourceDocument[]): readonly string[] {
  const rules = asList(dig(sets[0]?.value, 'spec', 'custom')) ?? [];
  return rules.map((rule) => asString(field(rule, 'name'))).filter((name) => name !== undefined);
}

/** The exemptions that can be read. */
function readExemptions(
  documents: readonly SourceDocument[],
  { registry, now }: LoadOptions,
  notes: Notes,
  limits: ExemptionLimits,
): readonly ReadExemption[] {
  const schema = exemptionSchema(registry);
  const places = new Map<string, string>();
  const exemptions: ReadExemption[] = [];
  for (const document of documents) {
    const result = shaped(schema, document.value);
    if (!result.ok) {
      notes.add(document, result.faults);
      continue;
    }
    const { exemption, faults } = readExemption(result.value, limits);
    notes.add(document, faults);
    const first = places.get(exemption.name);
    if (first !== undefined) {
      notes.add(document, [{ path: ['metadata', 'name'], sentence: sentences.takenName(exemption.name, first) }]);
    } else places.set(exemption.name, placeOf(document.source));
    if (exemption.expires < now) {
      const sentence = sentences.expired(exemption.name, formatDate(exemption.expires));
      notes.warn(document, { path: ['spec', 'expires'], sentence });
    }
    exemptions.push({ exemption, spec: field(document.value, 'spec'), value: result.value });
  }
  return exemptions;
}

interface ReadExemption {
  readonly exemption: Exemption;
  readonly spec: unknown;
  readonly value: WrittenExemption;
}
