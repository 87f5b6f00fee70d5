import type { Guardrail } from '../engine/guardrails/define.ts';
import type { Exemption, GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import { formatPath } from '../engine/json/path.ts';
import type { Language } from '../engine/words/language.ts';
import { type ExemptionLimits, readExemption } from './exemption.ts';
import type { Fault } from './fault.ts';
import type { Written } from './load.ts';
import { type ResolveOptions, resolve, sourceOf } from './resolve.ts';
import type { WrittenExemption, WrittenGuardrailSet } from './schema.ts';
import type { StoredObject, StoredVersion } from './stored-kind.ts';

/** What became of one custom resource. */
export interface Standing {
  readonly kind: 'GuardrailSet' | 'Exemption';
  readonly object: StoredObject<WrittenGuardrailSet> | StoredObject<WrittenExemption>;
  /** Why the newest version cannot be used: `path: reason` each. */
  readonly faults: readonly string[];
  /** The version in force, whether or not its time has come. */
  readonly version: StoredVersion<unknown> | undefined;
  /** The exemption as it is in force. */
  readonly exemption?: Exemption;
  /** The GuardrailSet that is in force instead, as it is older. */
  readonly supersededBy?: string;
}

export interface Composition {
  readonly set: GuardrailSet;
  /** Of each custom resource, GuardrailSets first. */
  readonly standings: readonly Standing[];
  /** What cannot be used of the files although it was accepted when they were read: one sentence each. */
  readonly problems: readonly string[];
}

export interface ComposeOptions extends ResolveOptions {
  readonly registry: readonly Guardrail[];
  readonly language: Language;
}

/**
 * Puts a configuration together from files and from custom resources. A GuardrailSet of the cluster takes the place of
 * that of the files as a whole, the oldest one where there are several; an Exemption of the cluster takes the place of
 * one of the files that has its name. Of each object the newest version counts that can be used: where that is none, the
 * object is as if it were not there.
 *
 * @param now milliseconds since 1970
 */
export function compose(
  files: Written,
  guardrailSets: readonly StoredObject<WrittenGuardrailSet>[],
  exemptions: readonly StoredObject<WrittenExemption>[],
  options: ComposeOptions,
  now: number,
): Composition {
  const sets = guardrailSets.map((object) => setStanding(object, options.language));
  const first = sets.find(({ version }) => version !== undefined);
  const chosen = first?.version ?? files.guardrailSet;
  const spec = chosen?.value.spec ?? {};
  const limits: ExemptionLimits = {
    maxDays: spec.exemptions?.maxDays ?? 180,
    customRules: (spec.custom ?? []).map(({ name }) => name),
    now,
  };
  const stored = exemptions.map((object) => exemptionStanding(object, limits, options.language));
  const inForce: { readonly exemption: Exemption; readonly spec: unknown }[] = stored.flatMap(
    ({ exemption, version }) => (exemption === undefined ? [] : [{ exemption, spec: version?.spec }]),
  );
  const taken = new Set(inForce.map(({ exemption }) => exemption.name));
  const problems: string[] = [];
  for (const { spec: written, value } of files.exemptions) {
    if (taken.has(value.metadata.name)) continue;
    const { exemption, faults } = readExemption(value, limits);
    if (faults.length === 0) inForce.push({ exemption, spec: written });
    else problems.push(`Exemption ${exemption.name} (file): ${texts(faults, options.language).join('; ')}`);
  }
  inForce.sort((a, b) => (a.exemption.name < b.exemption.name ? -1 : 1));
  const source = sourceOf(
    chosen?.spec,
    inForce.map((one) => [one.exemption.name, one.spec] as const),
  );
  return {
    set: resolve({ spec, exemptions: inForce.map((one) => one.exemption), source }, options),
    standings: [
      ...sets.map((one) =>
        first === undefined || one === first || one.version === undefined
          ? one
          : { ...one, version: undefined, supersededBy: first.object.name },
      ),
      ...stored,
    ],
    problems,
  };
}

interface SetStanding extends Standing {
  readonly version: StoredVersion<WrittenGuardrailSet> | undefined;
}

function setStanding(object: StoredObject<WrittenGuardrailSet>, language: Language): SetStanding {
  const { newest, generation, spec, accepted } = object;
  const standing = { kind: 'GuardrailSet', object } as const;
  return newest.ok
    ? { ...standing, faults: [], version: { generation, spec, value: newest.value } }
    : { ...standing, faults: texts(newest.faults, language), version: accepted };
}

function exemptionStanding(
  object: StoredObject<WrittenExemption>,
  limits: ExemptionLimits,
  language: Language,
): Standing {
  const { newest, generation, spec, accepted } = object;
  const standing = { kind: 'Exemption', object } as const;
  let wrong: readonly Fault[] = newest.ok ? [] : newest.faults;
  if (newest.ok) {
    const { exemption, faults } = readExemption(newest.value, limits);
    if (faults.length === 0) {
      return { ...standing, faults: [], version: { generation, spec, value: newest.value }, exemption };
    }
    wrong = faults;
  }
  const faults = texts(wrong, language);
  if (accepted === undefined) return { ...standing, faults, version: undefined };
  // What was accepted under other limits counts no longer.
  const before = readExemption(accepted.value, limits);
  return before.faults.length > 0
    ? { ...standing, faults, version: undefined }
    : { ...standing, faults, version: accepted, exemption: before.exemption };
}

function texts(faults: readonly Fault[], language: Language): readonly string[] {
  return faults.map(({ path, sentence }) => `${path.length === 0 ? '' : `${formatPath(path)}: `}${sentence[language]}`);
}
