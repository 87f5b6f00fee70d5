export interface Namespace {
  readonly name: string;
  /** Its labels, `kubernetes.io/metadata.name` always among them. */
  readonly labels: ReadonlyMap<string, string>;
  readonly terminating: boolean;
}
