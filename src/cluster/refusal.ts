import type { IncomingHttpHeaders } from 'node:http';
import { asInteger, asList, asString, dig, field } from '../engine/json/read.ts';
import { shortened } from './reason.ts';
import { type ClusterResource, resourceName } from './resource.ts';

/** Why the API server did not do what it was asked. */
export type Refusal =
  /** What happened since the asked version is no longer known: only a new list helps. */
  | { readonly kind: 'expired'; readonly message: string }
  /** No such resource is served: its CustomResourceDefinition is not installed. */
  | { readonly kind: 'absent'; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** Whether the question itself was wrong, so that asking the same again is of no use. */
      readonly relist: boolean;
      /** Whether the user who asks has no right to. */
      readonly forbidden?: true;
      /** Milliseconds that the server asked to be left alone. */
      readonly retryAfter: number;
    };

const longestRetryAfter = 60_000;

/** @param body the answer's JSON; a Status object, if it is the API server that spoke */
export function refusalOfAnswer(
  verb: 'list' | 'watch',
  resource: ClusterResource,
  answer: { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: unknown },
): Refusal {
  const { status, body } = answer;
  const what = `${verb} ${resourceName(resource)}`;
  const said = saidIn(body);
  if (isExpired(status, body))
    return { kind: 'expired', message: `The version to ${what} from is too old (${status})` };
  if (status === 404)
    return { kind: 'absent', message: `The API server does not serve ${resourceName(resource)} (404)` };
  const retryAfter = retryAfterOf(answer.headers);
  if (status === 401) {
    const message = `The API server does not know who asks to ${what} (401): the token or the certificate is missing, wrong or expired`;
    return { kind: 'failed', message, relist: false, retryAfter };
  }
  if (status === 403) {
    const message = `The API server forbids to ${what} (403): grant the verb ${verb} on ${resourceName(resource)} to the user who asks, by a ClusterRole with the rule ${ruleFor(resource)}${said}`;
    return { kind: 'failed', message, relist: false, forbidden: true, retryAfter };
  }
  const relist = status >= 400 && status < 500 && status !== 429;
  return { kind: 'failed', message: `The API server answered ${status} to ${what}${said}`, relist, retryAfter };
}

/** What a reflector needs of a resource, in one line of YAML: whoever lacks one of the two verbs soon lacks the other. */
function ruleFor({ group, plural }: ClusterResource): string {
  return `{apiGroups: [${group === '' ? '""' : group}], resources: [${plural}], verbs: [list, watch]}`;
}

/** @param object the object of an ERROR event: a Status */
export function refusalOfEvent(resource: ClusterResource, object: unknown): Refusal {
  const code = asInteger(field(object, 'code')) ?? 0;
  const what = `the watch of ${resourceName(resource)}`;
  if (isExpired(code, object)) return { kind: 'expired', message: `The version ${what} was at is too old (${code})` };
  return {
    kind: 'failed',
    message: `The API server broke off ${what} (${code})${saidIn(object)}`,
    relist: true,
    retryAfter: 0,
  };
}

/**
 * 410 is the answer to a version of the past. A version of the future, as after a restore from a backup, is answered
 * with a timeout that names ResourceVersionTooLarge as its cause.
 */
function isExpired(code: number, status: unknown): boolean {
  if (code === 410) return true;
  const causes = asList(dig(status, 'details', 'causes')) ?? [];
  return causes.some((cause) => field(cause, 'reason') === 'ResourceVersionTooLarge');
}

function saidIn(status: unknown): string {
  const message = asString(field(status, 'message'))?.replaceAll(/\s+/g, ' ').trim();
  return message === undefined || message === '' ? '' : `: ${shortened(message)}`;
}

/** Milliseconds that the server asked to be left alone, up to a minute. */
export function retryAfterOf(headers: IncomingHttpHeaders): number {
  const seconds = Number(headers['retry-after'] ?? '0');
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, longestRetryAfter) : 0;
}
