import { z } from 'zod';
import { readCidr } from '../engine/sets/cidr.ts';
import { checked, fine, here, integer } from './fault.ts';
import * as sentences from './sentences.ts';
import { readMoment } from './time.ts';

/** A text with at least one character that is not a blank. */
export const someText = checked(z.string(), (text) => (text.trim() === '' ? here(sentences.emptyText()) : fine)).meta({
  pattern: '\\S',
});

/**
 * A text that ends up in an answer to the API server: one line, and without the word that makes Flux and
 * `kubectl --force` delete the live object (docs: the answer's first rule).
 */
export const spokenText = checked(z.string(), (text) => {
  if (text.trim() === '') return here(sentences.emptyText());
  if (/[\r\n\u0085\u2028\u2029]/.test(text)) return here(sentences.severalLines());
  return /immutable/i.test(text) ? here(sentences.forbiddenWord()) : fine;
}).meta({ pattern: '\\S' });

const dnsName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** A name as Kubernetes gives objects one. Names, too, end up in answers. */
export const objectName = checked(z.string(), (text) => {
  if (!dnsName.test(text)) return here(sentences.badName(text));
  return text.includes('immutable') ? here(sentences.forbiddenWord()) : fine;
}).meta({ pattern: dnsName.source });

const glob = /^[a-z0-9.*-]{1,253}$/;

/** A name of an object, or a pattern of such names with `*` for any run of characters. */
export const nameOrGlob = checked(z.string(), (text) => (glob.test(text) ? fine : here(sentences.badName(text)))).meta({
  pattern: glob.source,
});

/** A user or group. These are compared exactly, so a star that somebody hopes for is refused. */
export const identity = checked(z.string(), (text) => {
  if (text.trim() === '') return here(sentences.emptyText());
  return text.includes('*') ? here(sentences.noGlob(text)) : fine;
}).meta({ pattern: '^[^*]*[^*\\s][^*]*$' });

/** A range of addresses. One that shows more of an address than its prefix keeps is a slip, so it is refused. */
export const cidr = checked(z.string(), (text) => {
  const reading = readCidr(text);
  if (!reading.ok) return here(sentences.unreadableCidr(reading.problem, text, reading.suggestion));
  return reading.hostBits ? here(sentences.hostBits(text, reading.network)) : fine;
}).meta({ id: 'CIDR', description: 'A range of addresses, such as 10.0.0.0/8 or 2001:db8::/32.' });

export const moment = checked(z.string(), (text) =>
  readMoment(text) === undefined ? here(sentences.badMoment(text)) : fine,
).meta({ pattern: '^\\d{4}-\\d{2}-\\d{2}([Tt].+)?$' });

export const port = integer(1, 65535);
