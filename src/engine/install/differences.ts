import type { Asked, RegisteredEntry } from './registered.ts';

/** In what a registration differs from the one that this version would make. Keys and severities are stable. */
export type Difference = { readonly entry: string } & (
  | { readonly key: 'entry-missing'; readonly severity: 'error' }
  | { readonly key: 'entry-unknown'; readonly severity: 'warn' }
  /** Requests that should be judged, and are not asked about. */
  | { readonly key: 'not-asked'; readonly severity: 'error'; readonly requests: readonly string[] }
  /** Requests that nobody judges, and that wait for an answer nevertheless; an error where they are refused without one. */
  | { readonly key: 'asked-in-vain'; readonly severity: 'error' | 'warn'; readonly requests: readonly string[] }
  | { readonly key: 'namespaces-left-out'; readonly severity: 'warn'; readonly namespaces: readonly string[] }
  | { readonly key: 'namespaces-asked-in-vain'; readonly severity: 'warn'; readonly namespaces: readonly string[] }
  /** Where the webhook has to answer before its own namespace can be mended. */
  | { readonly key: 'own-namespace-waits'; readonly severity: 'error'; readonly namespace: string }
  /** What is left out can be had by everybody who may set a label. */
  | { readonly key: 'object-selector'; readonly severity: 'error' }
  | { readonly key: 'fails-closed'; readonly severity: 'error' }
  | {
      readonly key: 'field-differs';
      readonly severity: 'warn';
      readonly field: string;
      readonly found: string;
      readonly wanted: string;
    }
);

/**
 * @param wanted what this version would register for the same webhook; its failurePolicy of `policies` does not count,
 *   which is the operator's choice
 */
export function differences(
  found: readonly RegisteredEntry[],
  wanted: readonly RegisteredEntry[],
  ownNamespace: string,
): readonly Difference[] {
  const known = new Set(wanted.map(({ name }) => name));
  return [
    ...wanted.flatMap((entry) => {
      const same = found.find(({ name }) => name === entry.name);
      if (same === undefined) return [{ key: 'entry-missing', severity: 'error', entry: entry.name } as const];
      return entryDifferences(same, entry, ownNamespace);
    }),
    ...found
      .filter(({ name }) => !known.has(name))
      .map(({ name }) => ({ key: 'entry-unknown', severity: 'warn', entry: name }) as const),
  ];
}

function entryDifferences(
  found: RegisteredEntry,
  wanted: RegisteredEntry,
  ownNamespace: string,
): readonly Difference[] {
  const entry = found.name;
  const all: Difference[] = [];
  const missing = wanted.asked.filter((one) => !found.asked.some((rule) => covers(rule, one)));
  if (missing.length > 0) all.push({ key: 'not-asked', severity: 'error', entry, requests: missing.map(requestText) });
  const vain = found.asked.filter((one) => !wanted.asked.some((rule) => covers(rule, one)));
  if (vain.length > 0) {
    const severity = found.failurePolicy === 'Fail' ? 'error' : 'warn';
    all.push({ key: 'asked-in-vain', severity, entry, requests: vain.map(requestText) });
  }
  if (found.hasObjectSelector) all.push({ key: 'object-selector', severity: 'error', entry });
  if (found.failurePolicy === 'Fail' && entry !== choosable)
    all.push({ key: 'fails-closed', severity: 'error', entry });
  all.push(...namespaceDifferences(found, wanted, ownNamespace));
  for (const [field, one, other] of [
    ['clientConfig', JSON.stringify(found.client), JSON.stringify(wanted.client)],
    ['matchPolicy', found.matchPolicy, wanted.matchPolicy],
    ['sideEffects', found.sideEffects, wanted.sideEffects],
    ['timeoutSeconds', String(found.timeoutSeconds), String(wanted.timeoutSeconds)],
    ['matchConditions', conditionsText(found), conditionsText(wanted)],
  ] as const) {
    if (one !== other)
      all.push({ key: 'field-differs', severity: 'warn', entry, field, found: one ?? '', wanted: other ?? '' });
  }
  return all;
}

/** The entry whose failurePolicy is for the operator to choose. */
const choosable = 'policies.sekisho.dev';

function namespaceDifferences(
  found: RegisteredEntry,
  wanted: RegisteredEntry,
  ownNamespace: string,
): readonly Difference[] {
  const entry = found.name;
  if (found.excluded === undefined) {
    const field = 'namespaceSelector';
    const [one, other] = [found.namespaceSelector, wanted.namespaceSelector].map((selector) =>
      JSON.stringify(selector),
    );
    return [{ key: 'field-differs', severity: 'warn', entry, field, found: one ?? '', wanted: other ?? '' }];
  }
  const all: Difference[] = [];
  const excluded = new Set(found.excluded);
  const expected = new Set(wanted.excluded);
  const leftOut = [...excluded].filter((name) => !expected.has(name));
  if (leftOut.length > 0) all.push({ key: 'namespaces-left-out', severity: 'warn', entry, namespaces: leftOut });
  const vain = [...expected].filter((name) => !excluded.has(name));
  if (vain.includes(ownNamespace) && found.failurePolicy === 'Fail')
    all.push({ key: 'own-namespace-waits', severity: 'error', entry, namespace: ownNamespace });
  if (vain.length > 0) all.push({ key: 'namespaces-asked-in-vain', severity: 'warn', entry, namespaces: vain });
  return all;
}

/** Whether a rule takes in all that another one asks for: kubernetes/apiserver, pkg/admission/plugin/webhook/predicates/rules. */
function covers(rule: Asked, one: Asked): boolean {
  return (['operation', 'group', 'version', 'resource', 'scope'] as const).every(
    (part) => rule[part] === '*' || rule[part] === one[part],
  );
}

/** As `CREATE networkpolicies.networking.k8s.io/v1`. */
export function requestText({ operation, group, version, resource }: Asked): string {
  return `${operation} ${resource}${group === '' ? '' : `.${group}`}/${version}`;
}

function conditionsText({ conditions }: RegisteredEntry): string {
  return conditions.map(({ name, expression }) => `${name}: ${expression}`).join('; ');
}
