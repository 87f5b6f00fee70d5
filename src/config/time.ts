export const day = 86_400_000;

/** A moment as a configuration writes it, in milliseconds since 1970. A date alone is a whole day, from `first` to `last`. */
export interface Moment {
  readonly first: number;
  readonly last: number;
}

const date = /^(\d{4})-(\d{2})-(\d{2})$/;
const time =
  /^(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[-+](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Reads a date, which is that day in UTC, or an RFC 3339 time. Undefined for anything else, days that no month has included. */
export function readMoment(text: string): Moment | undefined {
  const start = startOfDay(text);
  if (start !== undefined) return { first: start, last: start + day - 1 };
  const ofDay = time.exec(text)?.[1];
  if (ofDay === undefined || startOfDay(ofDay) === undefined) return undefined;
  const at = Date.parse(text.toUpperCase());
  return Number.isNaN(at) ? undefined : { first: at, last: at };
}

function startOfDay(text: string): number | undefined {
  if (!date.test(text)) return undefined;
  const start = Date.parse(text);
  return !Number.isNaN(start) && formatDate(start) === text ? start : undefined;
}

/** The day, in UTC, as `2027-03-31`. */
export function formatDate(milliseconds: number): string {
  const moment = new Date(milliseconds);
  return Number.isNaN(moment.getTime()) ? 'never' : moment.toISOString().slice(0, 10);
}

/** The last millisecond of the day in UTC that holds this moment. */
export function endOfDay(milliseconds: number): number {
  return Math.floor(milliseconds / day) * day + day - 1;
}
