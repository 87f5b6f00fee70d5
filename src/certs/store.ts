/**
 * The two objects of the cluster that self-managed certificates live by, as `cluster/` offers them: a Secret, and the
 * bundles of a ValidatingWebhookConfiguration. No method rejects.
 */
export interface Store {
  readSecret(): Promise<StoreAnswer<ReadonlyMap<string, string>>>;
  createSecret(texts: ReadonlyMap<string, string>): Promise<StoreAnswer<ReadonlyMap<string, string>>>;
  /** Replaces these keys, if the Secret is still in that version. */
  updateSecret(from: string, texts: ReadonlyMap<string, string>): Promise<StoreAnswer<ReadonlyMap<string, string>>>;
  readEntries(): Promise<StoreAnswer<WebhookEntries>>;
  /** Replaces the bundles that are given, if the configuration is still in that version. */
  updateBundles(
    from: Versioned<WebhookEntries>,
    bundles: readonly (string | undefined)[],
  ): Promise<StoreAnswer<WebhookEntries>>;
}

/** An object in one version of it. */
export interface Versioned<T> {
  readonly version: string;
  readonly value: T;
}

/** Each entry of the configuration: its name, and the PEM text of its bundle, which may be empty. */
export type WebhookEntries = readonly { readonly name: string; readonly caBundle: string }[];

/** `serverTime`: the clock of the API server, in milliseconds since 1970. */
export type StoreAnswer<T> =
  | { readonly kind: 'ok'; readonly object: Versioned<T>; readonly serverTime: number | undefined }
  | { readonly kind: 'absent'; readonly serverTime: number | undefined }
  /** Somebody else was faster: read again. */
  | { readonly kind: 'conflict' }
  /** In one sentence. `retryAfter`: milliseconds that the server asked to be left alone. */
  | { readonly kind: 'failed'; readonly message: string; readonly retryAfter: number };
