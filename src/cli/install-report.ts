import type { CertificateFinding } from '../certs/inspect.ts';
import type { Difference } from '../engine/install/differences.ts';

/** What was found out about an installation. */
export interface InstallReport {
  /** The API server that was asked. */
  readonly server: string;
  readonly entries: readonly EntryReport[];
  /** What is well. */
  readonly passed: readonly Passed[];
  readonly findings: readonly InstallFinding[];
}

/** Which requests an entry asks about, and what becomes of them where nobody answers. */
export interface EntryReport {
  readonly name: string;
  /** One line for each group and version. */
  readonly requests: readonly string[];
  readonly failurePolicy: string;
  readonly whenDown: 'let-through' | 'refused';
  /** Undefined where the entry is of nothing that lies in a namespace, or nobody knows the namespaces there are. */
  readonly namespaces: { readonly asked: number; readonly leftOut: readonly string[] } | undefined;
  /** The names of the conditions that a request has to meet besides. */
  readonly conditions: readonly string[];
}

export type Passed =
  | { readonly check: 'registration' }
  | { readonly check: 'ca-bundle'; readonly seen: boolean }
  | { readonly check: 'endpoints'; readonly ready: number }
  | { readonly check: 'reached'; readonly namespace: string; readonly address: string | undefined }
  | { readonly check: 'way'; readonly policies: readonly string[] };

/** `unknown`: it could not be found out. */
export type InstallFinding =
  | Difference
  | { readonly key: 'no-registration'; readonly severity: 'error' }
  | {
      readonly key: 'certificate';
      readonly severity: 'error' | 'warn';
      readonly entries: readonly string[];
      readonly finding: CertificateFinding;
    }
  | { readonly key: 'no-service' | 'no-endpoints'; readonly severity: 'error'; readonly service: string }
  | { readonly key: 'one-endpoint'; readonly severity: 'warn'; readonly service: string }
  | { readonly key: 'not-reached'; readonly severity: 'error'; readonly namespace: string }
  | { readonly key: 'call-failed'; readonly severity: 'error'; readonly reason: string }
  | { readonly key: 'probe-refused'; readonly severity: 'unknown'; readonly reason: string }
  | { readonly key: 'no-judged-namespace'; readonly severity: 'unknown' }
  | {
      readonly key: 'cut-off';
      readonly severity: 'error';
      readonly calls: readonly string[];
      readonly policies: readonly string[];
    }
  | {
      readonly key: 'way-unknown';
      readonly severity: 'unknown';
      readonly because: 'no-pods' | 'work-cap' | 'undecided';
      readonly policies: readonly string[];
    }
  | { readonly key: 'missing-right'; readonly severity: 'unknown'; readonly verb: string; readonly rule: string }
  | { readonly key: 'not-answered'; readonly severity: 'unknown'; readonly what: string; readonly reason: string };
