import type { Store, StoreAnswer, Versioned, WebhookEntries } from '../certs/store.ts';
import { asList, asString, dig, field } from '../engine/json/read.ts';
import type { Connection, JsonAnswer, Writing } from './connection.ts';
import { reasonOf, shortened } from './reason.ts';
import { retryAfterOf } from './refusal.ts';

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

type SecretTexts = ReadonlyMap<string, string>;

const fieldManager = 'sekisho';
const patience = 10_000;
const mergePatch = 'application/merge-patch+json';
const jsonPatch = 'application/json-patch+json';

/**
 * The two objects that self-managed certificates live by: a Secret, and the caBundle of a ValidatingWebhookConfiguration.
 * Every write starts from a version, so that of two replicas one is told to read again. Nothing else of the objects is
 * touched, and the configuration is never created. Nothing here rejects.
 */
export class CertificateStore implements Store {
  readonly #connection: Pick<Connection, 'getJson' | 'write'>;
  readonly #secret: SecretName;
  readonly #configuration: string;

  constructor(connection: Pick<Connection, 'getJson' | 'write'>, secret: SecretName, configuration: string) {
    this.#connection = connection;
    this.#secret = secret;
    this.#configuration = configuration;
  }

  readSecret(): Promise<StoreAnswer<SecretTexts>> {
    return this.#ask('get', this.#secretPath, secretRight(this.#secret, 'get'), textsOf);
  }

  createSecret(texts: SecretTexts): Promise<StoreAnswer<SecretTexts>> {
    const { namespace, name } = this.#secret;
    const metadata = { namespace, name, labels: { 'app.kubernetes.io/name': 'sekisho' } };
    const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: encoded(texts) };
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
    const right = secretRight(this.#secret, 'create');
    return this.#ask('create', path, right, textsOf, { method: 'POST', contentType: 'application/json', body });
  }

  /** Replaces these keys and leaves the others. */
  updateSecret(from: string, texts: SecretTexts): Promise<StoreAnswer<SecretTexts>> {
    const body = { metadata: { resourceVersion: from }, data: encoded(texts) };
    const writing = { method: 'PATCH', contentType: mergePatch, body } as const;
    return this.#ask('patch', this.#secretPath, secretRight(this.#secret, 'patch'), textsOf, writing);
  }

  readEntries(): Promise<StoreAnswer<WebhookEntries>> {
    return this.#ask('get', this.#configurationPath, configurationRight(this.#configuration, 'get'), entriesOf);
  }

  /** @param bundles for each entry its new PEM text; undefined leaves it as it is */
  updateBundles(
    from: Versioned<WebhookEntries>,
    bundles: readonly (string | undefined)[],
  ): Promise<StoreAnswer<WebhookEntries>> {
    const changes = bundles.flatMap((text, at) =>
      text === undefined
        ? []
        : [
            { op: 'test', path: `/webhooks/${at}/name`, value: from.value[at]?.name },
            { op: 'add', path: `/webhooks/${at}/clientConfig/caBundle`, value: Buffer.from(text).toString('base64') },
          ],
    );
    // A version that is not the present one makes a conflict; a failed `test` would be a mistake of ours like any other.
    const body = [{ op: 'replace', path: '/metadata/resourceVersion', value: from.version }, ...changes];
    const right = configurationRight(this.#configuration, 'patch');
    const writing = { method: 'PATCH', contentType: jsonPatch, body } as const;
    return this.#ask('patch', this.#configurationPath, right, entriesOf, writing);
  }

  get #secretPath(): string {
    const { namespace, name } = this.#secret;
    return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  }

  get #configurationPath(): string {
    const name = encodeURIComponent(this.#configuration);
    return `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${name}`;
  }

  async #ask<T>(
    verb: string,
    path: string,
    right: Right,
    read: (body: unknown) => T,
    writing?: Writing,
  ): Promise<StoreAnswer<T>> {
    const what = `${verb} ${right.object}`;
    try {
      const signal = AbortSignal.timeout(patience);
      const answer =
        writing === undefined
          ? await this.#connection.getJson(path, { signal })
          : await this.#connection.write(`${path}?fieldManager=${fieldManager}`, writing, { signal });
      return answered(answer, what, right, read);
    } catch (thrown) {
      const silent = thrown instanceof Error && (thrown.name === 'TimeoutError' || thrown.name === 'AbortError');
      const why = silent ? `no answer came within ${patience / 1000} s` : reasonOf(thrown);
      return { kind: 'failed', message: `could not ${what}: ${why}`, retryAfter: 0 };
    }
  }
}

function answered<T>(answer: JsonAnswer, what: string, right: Right, read: (body: unknown) => T): StoreAnswer<T> {
  const { status, headers, body } = answer;
  const date = Date.parse(headers.date ?? '');
  const serverTime = Number.isFinite(date) ? date : undefined;
  const retryAfter = retryAfterOf(headers);
  const failed = (message: string): StoreAnswer<T> => ({ kind: 'failed', message, retryAfter });
  if (status === 200 || status === 201) {
    const version = asString(dig(body, 'metadata', 'resourceVersion'));
    if (version === undefined) return failed(`could not ${what}: the answer is no such object`);
    return { kind: 'ok', object: { version, value: read(body) }, serverTime };
  }
  if (status === 409) return { kind: 'conflict' };
  const reason = asString(field(body, 'message')) ?? '';
  if (status === 404 && !what.startsWith('create')) return { kind: 'absent', serverTime };
  if (status === 401) {
    return failed(`could not ${what}: the API server does not know who asks (401), the token is missing or expired`);
  }
  if (status === 403) return failed(`may not ${what} (403): add to the ${right.role} the rule ${right.rule}`);
  const said = reason === '' ? '' : `: ${shortened(reason.replaceAll(/\s+/g, ' '))}`;
  return failed(`could not ${what}: the API server answered ${status}${said}`);
}

interface Right {
  readonly object: string;
  readonly role: string;
  /** The rule of a role that gives the right, in one line of YAML. */
  readonly rule: string;
}

function secretRight({ namespace, name }: SecretName, verb: string): Right {
  // What does not exist yet has no name that a rule could be limited to.
  const names = verb === 'create' ? '' : `resourceNames: [${name}], `;
  return {
    object: `the Secret ${namespace}/${name}`,
    role: `Role of the account in namespace ${namespace}`,
    rule: `{apiGroups: [""], resources: [secrets], ${names}verbs: [${verb}]}`,
  };
}

function configurationRight(name: string, verb: string): Right {
  const resource = 'validatingwebhookconfigurations';
  return {
    object: `the ValidatingWebhookConfiguration ${name}`,
    role: 'ClusterRole of the account',
    rule: `{apiGroups: [admissionregistration.k8s.io], resources: [${resource}], resourceNames: [${name}], verbs: [${verb}]}`,
  };
}

function textsOf(body: unknown): SecretTexts {
  const data = field(body, 'data');
  const entries = typeof data === 'object' && data !== null ? Object.entries(data) : [];
  return new Map(entries.map(([key, value]) => [key, decoded(value)]));
}

function entriesOf(body: unknown): WebhookEntries {
  return (asList(field(body, 'webhooks')) ?? []).map((entry) => ({
    name: asString(field(entry, 'name')) ?? '',
    caBundle: decoded(dig(entry, 'clientConfig', 'caBundle')),
  }));
}

function encoded(texts: SecretTexts): Record<string, string> {
  return Object.fromEntries([...texts].map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
}

function decoded(value: unknown): string {
  return Buffer.from(asString(value) ?? '', 'base64').toString('utf8');
}
