import { type ComposeOptions, type Composition, compose } from './composition.ts';
import type { Written } from './load.ts';
import { exemptionSchema, guardrailSetSchema, type WrittenExemption, type WrittenGuardrailSet } from './schema.ts';
import { StoredKind } from './stored-kind.ts';

/** A configuration of files and custom resources, either of which may change at any time. */
export class LiveConfiguration {
  /** To be told what the cluster holds. */
  readonly guardrailSets: StoredKind<WrittenGuardrailSet>;
  readonly exemptions: StoredKind<WrittenExemption>;
  readonly #options: ComposeOptions;
  readonly #onComposed: (composition: Composition) => void;
  #files: Written;
  #composition: Composition | undefined;

  /** @param onComposed called with each composition that takes the place of the one before */
  constructor(files: Written, options: ComposeOptions, onComposed: (composition: Composition) => void) {
    const changed = () => {
      this.#composition = undefined;
    };
    this.guardrailSets = new StoredKind('GuardrailSet', guardrailSetSchema(options.registry), changed);
    this.exemptions = new StoredKind('Exemption', exemptionSchema(options.registry), changed);
    this.#files = files;
    this.#options = options;
    this.#onComposed = onComposed;
  }

  /** The files hold something else now. */
  useFiles(files: Written): void {
    this.#files = files;
    this.#composition = undefined;
  }

  /** What is in force, put together anew if something has changed since. */
  current(now: number): Composition {
    if (this.#composition !== undefined) return this.#composition;
    const [sets, exemptions] = [this.guardrailSets.all(), this.exemptions.all()];
    const composition = compose(this.#files, sets, exemptions, this.#options, now);
    const inForce = new Set(
      composition.standings.filter(({ version, faults }) => version !== undefined && faults.length === 0).map(uidOf),
    );
    for (const object of sets) if (inForce.has(object.uid)) this.guardrailSets.accept(object);
    for (const object of exemptions) if (inForce.has(object.uid)) this.exemptions.accept(object);
    this.#composition = composition;
    this.#onComposed(composition);
    return composition;
  }
}

function uidOf({ object }: Composition['standings'][number]): string {
  return object.uid;
}
