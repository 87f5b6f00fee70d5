/** One packet's worth of evidence: who, to whom, over what. Written as a person would name the ends. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  /** `TCP`, `UDP`, `SCTP`, `ICMP` or a protocol number. */
  readonly protocol: string;
  readonly port: number | string | null;
}
