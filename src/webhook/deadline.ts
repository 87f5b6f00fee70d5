/** What the API server waits where it does not say, by the default of `timeoutSeconds`. */
const usualTimeout = 10_000;
/** The most that a registration may ask for. */
const longestTimeout = 30_000;
/** Kept back for the way home: an answer that leaves on the last millisecond arrives too late. */
const margin = 200;

/**
 * How many milliseconds after the arrival of a request its answer has to be ready. The API server says how long it
 * still waits with `?timeout=Ns`, in whole seconds; anything else there is ignored.
 *
 * @param url the request target, such as `/validate?timeout=5s`
 */
export function deadlineOf(url: string): number {
  const query = url.indexOf('?');
  const asked = query < 0 ? null : new URLSearchParams(url.slice(query)).get('timeout');
  const seconds = asked === null ? undefined : /^([0-9]{1,4})s$/.exec(asked)?.[1];
  const timeout = seconds === undefined || Number(seconds) === 0 ? usualTimeout : Number(seconds) * 1000;
  return Math.min(timeout, longestTimeout) - margin;
}
