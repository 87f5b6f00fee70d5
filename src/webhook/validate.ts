import express, { type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { AnswerReview, DecisionRecord } from './answer.ts';
import { deadlineOf } from './deadline.ts';
import { logDecision } from './decision-log.ts';
import type { InFlight } from './in-flight.ts';
import { readJsonBody } from './json-body.ts';
import type { Metrics, RequestError } from './metrics.ts';
import { replyJson, replyText } from './reply.ts';

/** The API server accepts 3 MiB, and a review carries the object before and after. */
export const largestBody = 8 * 1024 * 1024;

export interface ValidateOptions {
  readonly answer: AnswerReview;
  /** What to wait for before a review that has arrived is judged; undefined where there is nothing. */
  readonly caughtUp?: () => Promise<void> | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: () => Date;
  readonly inFlight: InFlight;
}

interface Verdict {
  readonly kind: 'verdict';
  readonly body: string;
  readonly record: DecisionRecord;
}

interface Failure {
  readonly kind: 'failure';
  readonly reason: RequestError;
  readonly status: number;
  readonly sentence: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * `POST /validate`. Whatever comes in, exactly one answer goes out: that of `answer` with HTTP 200, or an HTTP error
 * with one sentence, which the API server treats by the failure policy. No error becomes an allow.
 */
export function validate({ answer, caughtUp, metrics, log, clock, inFlight }: ValidateOptions): RequestHandler {
  const readBody = express.raw({ type: () => true, limit: largestBody, inflate: false });

  return (request, response) => {
    const arrival = performance.now();
    const elapsed = (): number => performance.now() - arrival;
    const deadline = deadlineOf(request.url);

    const fail = ({ reason, status, sentence, headers }: Failure): void => {
      metrics.requestFailed(reason);
      // What any client can cause at will must not fill the log; the metrics count it.
      const told = { reason, status, duration_ms: Math.round(elapsed()) };
      if (reason === 'deadline') log.warn(told, sentence);
      else log.debug(told, sentence);
      replyText(response, status, sentence, headers);
    };

    const wrong = headerFailure(request.headers['content-encoding'], request.headers['content-type']);
    if (wrong !== undefined) {
      fail(wrong);
      return;
    }
    const leave = inFlight.enter(request.headers['content-length']);
    if (leave === undefined) {
      fail(overload);
      return;
    }
    metrics.inFlight(inFlight.requests);

    const alarm = setTimeout(() => {
      fail(late(deadline, 'before the body had arrived'));
      done();
    }, deadline);
    // Before the response has ended, too: a client that reads no answers could keep every place for itself.
    const done = (): void => {
      clearTimeout(alarm);
      leave();
      metrics.inFlight(inFlight.requests);
    };
    response.once('close', done);

    const judge = (bytes: unknown): Verdict | Failure => {
      const body = readJsonBody(Buffer.isBuffer(bytes) ? bytes : new Uint8Array());
      if (body.kind === 'unreadable') return failure(body.reason, 400, body.message);
      if (elapsed() > deadline) return late(deadline, 'before the review was read');
      const answered = answer(body.value, clock(), request.socket.remoteAddress);
      if (answered.kind === 'refused') {
        const refusal = failure('refused', answered.status, answered.message);
        return answered.status === 503 ? { ...refusal, headers: elsewhere } : refusal;
      }
      if (elapsed() > deadline) return late(deadline, 'before the verdict was found');
      return { kind: 'verdict', body: answered.body, record: answered.record };
    };

    const send = (outcome: Verdict | Failure): void => {
      if (outcome.kind === 'failure') {
        fail(outcome);
        return;
      }
      const seconds = elapsed() / 1000;
      replyJson(response, outcome.body);
      metrics.decided(outcome.record, seconds);
      const traceparent = request.headers['traceparent'];
      logDecision(log, outcome.record, seconds, typeof traceparent === 'string' ? traceparent : undefined);
    };

    const answerOnce = (bytes: unknown, mayLookAgain: boolean): void => {
      try {
        const outcome = judge(bytes);
        if (mayLookAgain && isUnsettled(outcome) && elapsed() + secondLook < deadline) {
          setTimeout(() => answerLater(bytes, false), secondLook);
          return;
        }
        done();
        send(outcome);
      } catch (thrown) {
        log.error({ err: thrown }, 'internal error');
        done();
        fail(failure('internal', 500, 'internal error; the log of the webhook has the details'));
      }
    };

    /** Unless the client has gone, or the time for an answer is over. */
    const answerLater = (bytes: unknown, mayLookAgain: boolean): void => {
      if (!response.headersSent && !response.destroyed) answerOnce(bytes, mayLookAgain);
    };

    readBody(request, response, (error?: unknown) => {
      if (error === undefined && !response.headersSent) {
        const catching = caughtUp?.();
        if (catching === undefined) answerOnce(request.body, true);
        else void catching.then(() => answerLater(request.body, true));
        return;
      }
      done();
      if (!response.headersSent) fail(bodyFailure(error));
    });
  };
}

/**
 * What a client made a moment ago, the watch may not have brought yet: Helm and `kubectl apply --prune` delete the old
 * default deny, and others narrow it, milliseconds after they created its replacement. So a denial that hangs on what
 * else there is is judged once more, after these milliseconds. What is wrong by itself is denied at once.
 */
const secondLook = 250;

function isUnsettled(outcome: Verdict | Failure): boolean {
  return outcome.kind === 'verdict' && outcome.record.unsettled;
}

/**
 * Whoever cannot judge at the moment may soon, and another replica may now. The API server repeats a call that is
 * answered so while its own time lasts (k8s.io/client-go, rest/with_retry.go), and over a new connection, which the
 * Service may lead to another one.
 */
const elsewhere = { 'Retry-After': '1', Connection: 'close' };

const overload: Failure = {
  ...failure('overload', 429, 'too many requests are being answered at once'),
  // The API server asks again while its own time lasts.
  headers: { 'Retry-After': '1' },
};

function failure(reason: RequestError, status: number, sentence: string): Failure {
  return { kind: 'failure', reason, status, sentence };
}

function late(deadline: number, where: string): Failure {
  const sentence = `no verdict within ${deadline} ms: the time was over ${where}`;
  return { ...failure('deadline', 504, sentence), headers: { Connection: 'close' } };
}

/** Parameters of the type do not matter: JSON has no charset but UTF-8, whatever a `charset` says. */
function headerFailure(encoding = 'identity', contentType = ''): Failure | undefined {
  if (encoding.trim().toLowerCase() !== 'identity') {
    return failure('content-encoding', 415, 'the body must be sent as it is, without a Content-Encoding');
  }
  if (contentType.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json') {
    return failure('content-type', 415, 'the body must be an AdmissionReview with the Content-Type application/json');
  }
  return undefined;
}

function bodyFailure(error: unknown): Failure {
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  return type === 'entity.too.large'
    ? failure('too-large', 413, `the body is larger than ${largestBody / 1024 / 1024} MiB`)
    : failure('aborted', 400, 'the body did not arrive whole');
}
