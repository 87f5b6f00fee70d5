/** What was decided about one request, for the log line and the metrics. A field the review did not hold is ''. */
export interface DecisionRecord {
  readonly uid: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly operation: string;
  readonly user: string;
  readonly dryRun: boolean;
  readonly decision: 'allow' | 'deny';
  /** What denied, warned, or is only for the audit, each as `guardrail/key`. */
  readonly denied: readonly string[];
  readonly warned: readonly string[];
  readonly audited: readonly string[];
  readonly notChecked: readonly string[];
  readonly exemptions: readonly string[];
  readonly configHash: string;
}

/**
 * What the engine says to one parsed body.
 *
 * - `answered`: `body` is the JSON text of the AdmissionReview response, which is sent as it is with HTTP 200, a
 *   denial included.
 * - `refused`: the body is no AdmissionReview v1 that could be answered; `message` is one sentence.
 */
export type ReviewAnswer =
  | { readonly kind: 'answered'; readonly body: string; readonly record: DecisionRecord }
  | { readonly kind: 'refused'; readonly status: 400 | 415 | 422 | 500 | 503; readonly message: string };

/** Judges one parsed body. Pure and synchronous, so that no other request can be seen half-way through it. */
export type AnswerReview = (review: unknown, now: Date) => ReviewAnswer;
