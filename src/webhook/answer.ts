import type { DecisionRecord, ReviewAnswer as EngineAnswer } from '../engine/admission/answer.ts';

export type { DecisionRecord };

/**
 * What is said to one parsed body: the engine's answer, or, where there can be none yet, an HTTP error with one sentence.
 */
export type ReviewAnswer =
  | EngineAnswer
  | { readonly kind: 'refused'; readonly status: 415 | 422 | 500 | 503; readonly message: string };

/**
 * Judges one parsed body, which came from `caller`, an address. Pure and synchronous, so that no other request can be
 * seen half-way through it.
 */
export type AnswerReview = (review: unknown, now: Date, caller: string | undefined) => ReviewAnswer;
