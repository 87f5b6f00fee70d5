import type { ClusterFacts, EnforcerProfile } from '../model/cluster-facts.ts';
import type { Mode } from '../model/mode.ts';
import type { Selection } from '../model/selection.ts';
import type { LabelBox } from '../sets/labels.ts';
import type { ConfiguredGuardrail } from './define.ts';

export interface Identities {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Modes as a configuration writes them: one for the guardrail, which is also a ceiling, and exact ones for keys. */
export interface Modes {
  readonly mode: Mode | undefined;
  readonly findings: ReadonlyMap<string, Mode>;
}

export interface GuardrailConfiguration extends Modes {
  readonly configured: ConfiguredGuardrail;
  /** In order; the first whose namespaces hold the object counts. */
  readonly overrides: readonly (Modes & { readonly namespaces: Selection })[];
}

export interface Exemption {
  readonly name: string;
  /** `guardrail` or `guardrail/key`. */
  readonly guardrails: readonly string[];
  readonly objects: readonly ExemptedObjects[];
  readonly owner: string;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly expires: number;
}

export interface ExemptedObjects {
  /** `NetworkPolicy` or `NetworkPolicy.networking.k8s.io`; empty: any. */
  readonly kinds: readonly string[];
  readonly namespaces: Selection | undefined;
  readonly names: readonly string[] | undefined;
  readonly labels: LabelBox;
}

/** An organisation's guardrails, read, checked and ready to judge with. */
export interface GuardrailSet {
  /** Short hash of everything that was read, for logs and audit annotations. */
  readonly hash: string;
  readonly enforcer: EnforcerProfile;
  readonly cluster: ClusterFacts;
  readonly platform: Identities;
  readonly deployers: Identities;
  readonly excludedNamespaces: Selection;
  /** Where Sekisho itself runs; never judged. */
  readonly ownNamespace: string;
  /** The Service in front of it, where it is known. */
  readonly ownService?: string | undefined;
  /** In the order of the registry, `custom` rules last. */
  readonly guardrails: readonly GuardrailConfiguration[];
  readonly exemptions: readonly Exemption[];
}
