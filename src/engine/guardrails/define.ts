import type { FieldPath } from '../json/path.ts';
import type { CheckContext } from '../model/check-context.ts';
import type { Flow } from '../model/flow.ts';
import type { Mode } from '../model/mode.ts';
import type { NotCheckedReason } from '../model/not-checked.ts';
import type { Language } from '../words/language.ts';
import type { FindingSet } from './finding-set.ts';

/** A finding in words. `message` is one line that is complete on its own; `why` says what may come of it. */
export interface Words {
  readonly message: string;
  readonly why: string;
}

/** One kind of finding: what it does by default, and its words from typed arguments in every language. */
export interface KeyDefinition<A> {
  /** The built-in mode of this key where it differs from its guardrail's. */
  readonly mode?: Mode;
  /** Marked P in the reference: the platform's own users may do this. */
  readonly skipsPlatform?: true;
  /** Keys about who writes, or in which form, are found again on every update. */
  readonly ratchets?: false;
  /** Whether it is found hangs on what else the World holds: a policy made a moment ago may take it away. */
  readonly hangsOnWorld?: true;
  /** Told all the same where policies may not be read: not to tell it costs more than one change that waits. */
  readonly toldInDoubt?: true;
  /** Graver keys of the same guardrail: an exemption for one of them covers this one too. */
  readonly coveredBy?: readonly string[];
  /** When it is found, in a sentence: for `explain` and the guardrail's page. */
  readonly when: { readonly [L in Language]: string };
  readonly en: (args: A) => Words;
  readonly ja: (args: A) => Words;
}

/** Fixes the type of a key's arguments, so that both languages are checked against it. */
export function key<A>(definition: KeyDefinition<A>): KeyDefinition<A> {
  return definition;
}

// biome-ignore lint/suspicious/noExplicitAny: the arguments differ from key to key; ArgumentsOf gives each its own back.
type Keys = { readonly [name: string]: KeyDefinition<any> };

type ArgumentsOf<K> = K extends KeyDefinition<infer A> ? A : never;

/** What a check says of one finding. */
export interface Found<A> {
  readonly path: FieldPath;
  readonly args: A;
  /** One line of YAML that would mend it; a function, where it takes work that only its reader should pay for. */
  readonly fix?: string | (() => string | undefined) | undefined;
  readonly witness?: Flow | undefined;
  /** What the finding speaks of, for the ratchet. Without it, the finding is new on every update. */
  readonly set?: FindingSet | undefined;
  /** Goes no higher than this, whatever the configuration says. */
  readonly atMost?: Mode | undefined;
}

export interface Report<K extends Keys> {
  found<N extends keyof K & string>(key: N, found: Found<ArgumentsOf<K[N]>>): void;
  /** Something this guardrail could not decide, said aloud instead of passed over. */
  notChecked(reason: NotCheckedReason): void;
}

/** One finding of one guardrail, without any words chosen yet. */
export interface Finding {
  readonly guardrail: string;
  readonly key: string;
  readonly path: FieldPath;
  readonly fix: string | null;
  readonly witness: Flow | null;
  readonly set: FindingSet | undefined;
  readonly atMost: Mode;
  readonly skipsPlatform: boolean;
  readonly ratchets: boolean;
  readonly hangsOnWorld: boolean;
  readonly toldInDoubt: boolean;
  readonly coveredBy: readonly string[];
  readonly say: (language: Language) => Words;
}

export interface Findings {
  readonly findings: readonly Finding[];
  readonly notChecked: readonly NotCheckedReason[];
}

/** A guardrail with its settings read: what the judge runs. */
export interface ConfiguredGuardrail {
  readonly guardrail: Guardrail;
  readonly check: (context: CheckContext) => Findings;
}

export interface Guardrail {
  readonly name: string;
  /** The built-in mode of its keys. */
  readonly mode: Mode;
  readonly keys: { readonly [name: string]: KeySummary };
  /** In a sentence, what must hold. */
  readonly summary: { readonly [L in Language]: string };
  readonly settings: SettingsSchema;
  /** Reads settings that the schema has accepted; what is absent has its default. */
  readonly configure: (settings: unknown) => ConfiguredGuardrail;
}

/** What can be said of a key without a finding. */
export interface KeySummary {
  readonly mode: Mode;
  readonly skipsPlatform: boolean;
  readonly when: { readonly [L in Language]: string };
}

/** The settings of a guardrail as data: the configuration's schema, the published JSON Schema and the docs come from it. */
export type SettingsSchema = { readonly [name: string]: SettingSchema };

export interface SettingSchema {
  readonly type: SettingType;
  readonly description: string;
  /** As one would write it in YAML. */
  readonly default: unknown;
}

/**
 * - directions: list of Ingress, Egress
 * - prefixes: `{ipv4: /8, ipv6: /32}`
 * - openPorts: list of `{direction, protocol, port}`
 * - integer: 0 or more
 * - flows: list of `{name, from, to, protocol?, ports?}`
 * - failsafePorts: list of `{protocol, port, net?}`
 * - names: list of names
 * - tierOrders: list of `{tier, below}`
 * - hostFlows: list of `{direction, protocol, port, net?}`, where `net` may be the word `nodes`
 */
export type SettingType =
  | 'directions'
  | 'prefixes'
  | 'openPorts'
  | 'integer'
  | 'flows'
  | 'failsafePorts'
  | 'names'
  | 'tierOrders'
  | 'hostFlows';

export interface GuardrailDefinition<K extends Keys, S> {
  readonly name: string;
  readonly mode: Mode;
  readonly summary: { readonly [L in Language]: string };
  readonly settings: SettingsSchema;
  readonly readSettings: (settings: unknown) => S;
  readonly keys: K;
  readonly check: (context: CheckContext, settings: S, report: Report<K>) => void;
}

/** Turns a guardrail's data and its one pure function into what the registry holds. */
export function defineGuardrail<const K extends Keys, S>(definition: GuardrailDefinition<K, S>): Guardrail {
  const { name, mode, summary, settings, keys } = definition;
  const guardrail: Guardrail = {
    name,
    mode,
    summary,
    settings,
    keys: Object.fromEntries(Object.entries(keys).map(([key, one]) => [key, summaryOf(one, mode)])),
    configure: (written) => {
      const read = definition.readSettings(written);
      return { guardrail, check: (context) => run(definition, read, context) };
    },
  };
  return guardrail;
}

/** A fix that would have to be changed before it can be pasted, or that nobody would read, is none. */
function usable(fix: string | undefined): string | null {
  return fix === undefined || fix.length > 500 || /immutable/i.test(fix) ? null : fix;
}

function summaryOf(one: Keys[string], mode: Mode): KeySummary {
  return { mode: one.mode ?? mode, skipsPlatform: one.skipsPlatform ?? false, when: one.when };
}

function run<K extends Keys, S>(definition: GuardrailDefinition<K, S>, settings: S, context: CheckContext): Findings {
  const recorder = new Recorder(definition);
  definition.check(context, settings, recorder);
  return recorder.all();
}

const nothingFound: Findings = { findings: [], notChecked: [] };

/** Keeps what a check reports. Most report nothing, and then it costs next to nothing. */
class Recorder<K extends Keys, S> implements Report<K> {
  readonly #definition: GuardrailDefinition<K, S>;
  #findings: Finding[] | undefined;
  #reasons: Set<NotCheckedReason> | undefined;

  constructor(definition: GuardrailDefinition<K, S>) {
    this.#definition = definition;
  }

  found<N extends keyof K & string>(key: N, found: Found<ArgumentsOf<K[N]>>): void {
    const { name, keys } = this.#definition;
    const words = keys[key];
    if (words === undefined) return;
    this.#findings ??= [];
    this.#findings.push(new FoundFinding(name, key, words, found));
  }

  notChecked(reason: NotCheckedReason): void {
    this.#reasons ??= new Set();
    this.#reasons.add(reason);
  }

  all(): Findings {
    const [findings, reasons] = [this.#findings, this.#reasons];
    if (findings === undefined && reasons === undefined) return nothingFound;
    return { findings: findings ?? [], notChecked: reasons === undefined ? [] : [...reasons] };
  }
}

/** Only a denial, and the command line, show the fix: it is put into words for whoever asks. */
class FoundFinding<A> implements Finding {
  readonly guardrail: string;
  readonly key: string;
  readonly #definition: KeyDefinition<A>;
  readonly #found: Found<A>;

  constructor(guardrail: string, key: string, definition: KeyDefinition<A>, found: Found<A>) {
    this.guardrail = guardrail;
    this.key = key;
    this.#definition = definition;
    this.#found = found;
  }

  get path(): FieldPath {
    return this.#found.path;
  }

  get fix(): string | null {
    const { fix } = this.#found;
    return usable(typeof fix === 'function' ? fix() : fix);
  }

  get witness(): Flow | null {
    return this.#found.witness ?? null;
  }

  get set(): FindingSet | undefined {
    return this.#found.set;
  }

  get atMost(): Mode {
    return this.#found.atMost ?? 'enforce';
  }

  get skipsPlatform(): boolean {
    return this.#definition.skipsPlatform ?? false;
  }

  get ratchets(): boolean {
    return this.#definition.ratchets ?? true;
  }

  get hangsOnWorld(): boolean {
    return this.#definition.hangsOnWorld ?? false;
  }

  get toldInDoubt(): boolean {
    return this.#definition.toldInDoubt ?? false;
  }

  get coveredBy(): readonly string[] {
    return this.#definition.coveredBy ?? [];
  }

  readonly say = (language: Language): Words => this.#definition[language](this.#found.args);
}
