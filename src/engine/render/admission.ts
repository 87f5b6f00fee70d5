import { type FieldPath, formatPath } from '../json/path.ts';
import { valueAt } from '../json/value-at.ts';
import type { Change } from '../model/change.ts';
import type { NotCheckedReason } from '../model/not-checked.ts';
import { refName } from '../model/object.ts';
import type { JudgedFinding, Verdict } from '../verdict/verdict.ts';
import type { Language } from '../words/language.ts';
import { expiryNote } from './expiry.ts';
import { notCheckedText } from './not-checked.ts';
import { byteLength, cut, plainLine, valueText } from './plain.ts';

/** A denial fits in one kilobyte: more is not read, and some of its readers show only the first line. */
const messageBytes = 1024;
const firstLine = 160;
const inFull = 3;
/** One warning; the API server drops or cuts what is longer, and drops all of one that holds a line break. */
const warningLength = 200;
const warningCount = 10;
/** A longer name would leave the message no room. */
const nameLength = 80;
/** A note about an exemption goes before the message gets shorter than this. */
const leastMessage = 100;

/**
 * The AdmissionReview that answers a request, as JSON text with a stable order of keys.
 *
 * @param first a warning before all others
 */
export function renderResponse(
  uid: string,
  change: Change,
  verdict: Verdict,
  configHash: string,
  language: Language,
  first?: string | undefined,
): string {
  const warnings = [...(first === undefined ? [] : [first]), ...warningsOf(change, verdict, language)];
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: verdict.allowed,
      ...(verdict.allowed ? {} : { status: refusal(change, verdict, language) }),
      ...(warnings.length > 0 ? { warnings } : {}),
      auditAnnotations: auditAnnotations(verdict, configHash),
    },
  });
}

/** Code 403 and reason Forbidden always: clients answer others by retrying, or by deleting the live object. */
function refusal(change: Change, verdict: Verdict, language: Language) {
  const denying = verdict.findings.filter((finding) => finding.effect === 'deny');
  return {
    status: 'Failure',
    code: 403,
    reason: 'Forbidden',
    message: denialText(change, denying, language),
    details: {
      causes: denying.slice(0, 10).map((finding) => ({
        reason: `${finding.guardrail}/${finding.key}`,
        message: plainLine(cut(finding.say(language).message, 256)),
        field: plainLine(cut(formatPath(finding.path), 256)),
      })),
    },
  };
}

const phrases = {
  en: {
    fix: 'Fix: ',
    more: (n: number) => `And ${n} more: sekisho check FILE shows all.`,
    explain: (id: string) => `Explain: sekisho explain ${id}`,
    moreWarnings: (n: number) => `and ${n} more warnings: sekisho check FILE shows all`,
  },
  ja: {
    fix: '修正例: ',
    more: (n: number) => `ほかに ${n} 件あります。sekisho check FILE ですべて表示できます。`,
    explain: (id: string) => `説明: sekisho explain ${id}`,
    moreWarnings: (n: number) => `ほかに ${n} 件の警告があります: sekisho check FILE ですべて表示できます`,
  },
} as const;

/** What kubectl, Flux, Argo CD and Helm show. As much as fits, the first finding first and in full. */
export function denialText(change: Change, denying: readonly JudgedFinding[], language: Language): string {
  for (const [full, detailed] of [
    [inFull, inFull],
    [inFull, 2],
    [inFull, 1],
    [2, 1],
    [1, 1],
    [1, 0],
  ] as const) {
    const shown = denying.slice(0, full);
    const lines = shown.flatMap((finding, index) => findingLines(change, finding, language, index < detailed));
    if (denying.length > shown.length) lines.push(phrases[language].more(denying.length - shown.length));
    const [first] = denying;
    if (first !== undefined) lines.push(phrases[language].explain(`${first.guardrail}/${first.key}`));
    const text = lines.map(plainLine).join('\n');
    if (byteLength(text) <= messageBytes) return text;
  }
  const [first] = denying;
  return first === undefined ? '' : headLines(change, first, language).slice(0, 1).join();
}

function findingLines(change: Change, finding: JudgedFinding, language: Language, detailed: boolean): string[] {
  const lines = [...headLines(change, finding, language)];
  if (!detailed) return lines;
  lines.push(`  ${finding.say(language).why}`);
  if (finding.fix !== null) lines.push(`  ${phrases[language].fix}${finding.fix}`);
  return lines;
}

/** The message in the first line, which always fits where only that is shown; what has no room beside it goes into the second. */
function headLines(change: Change, finding: JudgedFinding, language: Language): readonly string[] {
  const { said, key, note } = partsOf(change, finding, language);
  const where = plainLine(place(change, finding.path));
  const head = `${said}${note} ${key}`;
  const placed = where === '' ? head : `${head} (${where})`;
  if (fits(placed, firstLine)) return [placed];
  if (fits(head, firstLine)) return [head, `  ${where}`];
  return [cut(said, firstLine), `  ${key} ${where}${note}`];
}

/** Whatever must be left out, a warning keeps the key by which it can be looked up. */
function warningLine(change: Change, finding: JudgedFinding, language: Language): string {
  const { said, key, note } = partsOf(change, finding, language);
  const head = `${said}${note} ${key}`;
  const placed = finding.path.length === 0 ? head : `${head} (${plainLine(formatPath(finding.path))})`;
  if (fits(placed, warningLength)) return placed;
  if (fits(head, warningLength)) return head;
  const room = warningLength - [...note, ' ', ...key].length;
  return room < leastMessage
    ? `${cut(said, warningLength - key.length - 1)} ${key}`
    : `${cut(said, room)}${note} ${key}`;
}

function fits(text: string, characters: number): boolean {
  return text.length <= characters || [...text].length <= characters;
}

function partsOf(change: Change, finding: JudgedFinding, language: Language) {
  return {
    said: plainLine(`${cut(refName(change.ref), nameLength)}: ${finding.say(language).message}`),
    key: `[${finding.guardrail}/${finding.key}]`,
    note: plainLine(expiryNote(finding, language)),
  };
}

/** `spec.ingress[0].from[0].ipBlock.cidr = 0.0.0.0/0`; the value as the user wrote it, where it is short. */
export function place(change: Change, path: FieldPath): string {
  const value = path.length === 0 ? undefined : valueText(valueAt(change.object, path));
  return value === undefined ? formatPath(path) : `${formatPath(path)} = ${value}`;
}

/** Undecided is not passed: whoever made the change hears of it. */
const saidAloud: ReadonlySet<NotCheckedReason> = new Set(['work-cap', 'stale-world', 'unread-policies']);

function warningsOf(change: Change, verdict: Verdict, language: Language): string[] {
  const warning = verdict.findings.filter((finding) => finding.effect === 'warn');
  const lines = warning.slice(0, warningCount).map((finding) => warningLine(change, finding, language));
  for (const one of verdict.notChecked) {
    if (saidAloud.has(one.reason))
      lines.push(plainLine(`${refName(change.ref)}: ${one.guardrail}: ${notCheckedText(one.reason, language)}`));
  }
  if (warning.length > warningCount) lines.push(phrases[language].moreWarnings(warning.length - warningCount));
  return [...new Set(lines)];
}

function auditAnnotations(verdict: Verdict, configHash: string): Record<string, string> {
  const named = (effects: readonly string[]) =>
    [
      ...new Set(
        verdict.findings.filter((one) => effects.includes(one.effect)).map((one) => `${one.guardrail}/${one.key}`),
      ),
    ].join(',');
  const annotations: Record<string, string> = { decision: verdict.allowed ? 'allow' : 'deny', config: configHash };
  const optional: readonly (readonly [string, string])[] = [
    ['guardrails', named(['deny', 'warn'])],
    ['audit', named(['audit'])],
    ['exemption', verdict.exemptions.join(',')],
    ['not-checked', verdict.notChecked.map((one) => `${one.guardrail}: ${one.reason}`).join(',')],
  ];
  for (const [key, value] of optional) if (value !== '') annotations[key] = cut(plainLine(value), 1024);
  return annotations;
}
