/** Under whose name pods run; its labels are known to Calico's selectors. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
}
