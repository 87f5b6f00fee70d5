import { asInteger, asList, asString, dig, field } from '../json/read.ts';
import { nameLabel } from '../model/attributes.ts';

/** One kind of request: an operation on a resource of a group and version. `*` stands for any, as the API server reads it. */
export interface Asked {
  readonly operation: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** `Cluster`, `Namespaced` or `*`. */
  readonly scope: string;
}

/** An entry of a ValidatingWebhookConfiguration, with the defaults of the API server where nothing is written. */
export interface RegisteredEntry {
  readonly name: string;
  readonly asked: readonly Asked[];
  readonly failurePolicy: string;
  readonly matchPolicy: string;
  readonly sideEffects: string;
  readonly timeoutSeconds: number;
  readonly namespaceSelector: unknown;
  /** The namespaces that the selector leaves out by name; undefined where it says something else, too. */
  readonly excluded: readonly string[] | undefined;
  readonly hasObjectSelector: boolean;
  readonly conditions: readonly { readonly name: string; readonly expression: string }[];
  readonly client: RegisteredClient | undefined;
  /** PEM text; empty where there is none. */
  readonly caBundle: string;
}

export type RegisteredClient =
  | { readonly url: string }
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port: number } };

/** The entries of a ValidatingWebhookConfiguration; of anything else there are none. `decode` reads base64. */
export function readEntries(configuration: unknown, decode: (base64: string) => string): readonly RegisteredEntry[] {
  return (asList(field(configuration, 'webhooks')) ?? []).map((entry) => ({
    name: asString(field(entry, 'name')) ?? '',
    asked: (asList(field(entry, 'rules')) ?? []).flatMap(askedBy),
    failurePolicy: asString(field(entry, 'failurePolicy')) ?? 'Fail',
    matchPolicy: asString(field(entry, 'matchPolicy')) ?? 'Equivalent',
    sideEffects: asString(field(entry, 'sideEffects')) ?? '',
    timeoutSeconds: asInteger(field(entry, 'timeoutSeconds')) ?? 10,
    namespaceSelector: field(entry, 'namespaceSelector'),
    excluded: excludedBy(field(entry, 'namespaceSelector')),
    hasObjectSelector: !isEmptySelector(field(entry, 'objectSelector')),
    conditions: (asList(field(entry, 'matchConditions')) ?? []).map((one) => ({
      name: asString(field(one, 'name')) ?? '',
      expression: asString(field(one, 'expression')) ?? '',
    })),
    client: clientOf(field(entry, 'clientConfig')),
    caBundle: decode(asString(dig(entry, 'clientConfig', 'caBundle')) ?? ''),
  }));
}

function askedBy(rule: unknown): readonly Asked[] {
  const strings = (key: string) => (asList(field(rule, key)) ?? []).flatMap((one) => asString(one) ?? []);
  const scope = asString(field(rule, 'scope')) ?? '*';
  const versions = strings('apiVersions');
  const resources = strings('resources');
  return strings('apiGroups').flatMap((group) =>
    versions.flatMap((version) =>
      resources.flatMap((resource) =>
        strings('operations').map((operation) => ({ operation, group, version, resource, scope })),
      ),
    ),
  );
}

function excludedBy(selector: unknown): readonly string[] | undefined {
  if (isEmptySelector(selector)) return [];
  const [only, ...more] = asList(field(selector, 'matchExpressions')) ?? [];
  const labels = Object.keys(Object(field(selector, 'matchLabels') ?? {}));
  if (more.length > 0 || labels.length > 0) return undefined;
  if (field(only, 'key') !== nameLabel || field(only, 'operator') !== 'NotIn') return undefined;
  return (asList(field(only, 'values')) ?? []).flatMap((one) => asString(one) ?? []);
}

function isEmptySelector(selector: unknown): boolean {
  const labels = Object.keys(Object(field(selector, 'matchLabels') ?? {}));
  return labels.length === 0 && (asList(field(selector, 'matchExpressions')) ?? []).length === 0;
}

function clientOf(config: unknown): RegisteredClient | undefined {
  const url = asString(field(config, 'url'));
  if (url !== undefined) return { url };
  const namespace = asString(dig(config, 'service', 'namespace'));
  const name = asString(dig(config, 'service', 'name'));
  if (namespace === undefined || name === undefined) return undefined;
  return { service: { namespace, name, port: asInteger(dig(config, 'service', 'port')) ?? 443 } };
}
