import {
  type EndpointKind,
  endpointKind,
  nameLabel,
  namespaceLabelOf,
  namespaceName,
  serviceAccountLabelOf,
  serviceAccountName,
} from '../model/attributes.ts';
import { boxKey, boxOf, isEmptyBox, type KeyCondition, type LabelBox } from '../sets/labels.ts';
import { isListed, listedValues } from '../sets/values.ts';
import { joinJapanese } from './japanese.ts';
import { labelledText } from './labels.ts';
import type { Language } from './language.ts';
import { listText, shortListText } from './list.ts';

const mostNamespaces = 5;
const accountName = serviceAccountLabelOf(serviceAccountName);

/**
 * Whom a box admits: `pods app=web of this namespace`, `every pod of namespaces team=a`, `every pod of every namespace
 * but kube-system`. `ownNamespace` is called "this namespace"; undefined where no namespace is.
 */
export function boxText(box: LabelBox, ownNamespace: string | undefined, language: Language): string {
  if (isNoEndpoint(box)) return language === 'ja' ? '該当する Pod なし' : 'no pod';
  const { kind, namespace, account, own } = halves(box);
  // Nobody but pods runs as a service account.
  const areRunning = account.some(({ absent }) => !absent);
  const noun = areRunning ? nouns[language].Pod : nounOf(kind, language);
  // Host endpoints and global network sets are in no namespace.
  const isAnywhere = namespace.length === 0 && !areRunning && !isOnlyPods(kind);
  const where = isAnywhere ? '' : namespacesText(namespace, ownNamespace, language);
  const running = accountsText(account, language);
  const isEvery = own.length === 0 && running === '';
  if (language === 'ja') {
    const who = isEvery ? joinJapanese('すべての', noun.many) : labelledText(noun.many, own, language);
    return joinJapanese(where, where === '' ? '' : isOutside(namespace) ? '' : 'の', running, who);
  }
  const who = isEvery ? `every ${noun.one}` : labelledText(noun.many, own, language);
  const place = where === '' || isOutside(namespace) ? where : `of ${where}`;
  return [who, running, place].filter((text) => text !== '').join(' ');
}

/**
 * Boxes that ask the same of endpoints of several kinds, as a Calico selector does, as one each: what they have in common
 * is then told once.
 */
export function acrossKinds(boxes: readonly LabelBox[]): readonly LabelBox[] {
  const found = new Map<string, { readonly box: LabelBox; readonly rest: LabelBox; count: number }>();
  for (const box of boxes) {
    if (isNoEndpoint(box)) continue;
    const rest = boxOf(box.conditions.filter(({ key }) => key !== endpointKind));
    const key = boxKey(rest);
    const known = found.get(key);
    if (known === undefined) found.set(key, { box, rest, count: 1 });
    else if (boxKey(known.box) !== boxKey(box)) known.count += 1;
  }
  return [...found.values()].map(({ box, rest, count }) => (count === 1 ? box : rest));
}

function isOnlyPods(kind: KeyCondition | undefined): boolean {
  return kind !== undefined && listedValues(kind.values)?.values.join() === 'Pod';
}

/** Whether nothing in a namespace is meant: Calico's `global()`. */
function isOutside(namespace: readonly KeyCondition[]): boolean {
  const named = namespace.find(({ key }) => key === nameLabel);
  if (named === undefined) return false;
  const listed = listedValues(named.values);
  return named.absent && listed?.except === false && listed.values.length === 0;
}

/** `running as service account ci`, as part of the phrase; in Japanese it stands before the noun. */
function accountsText(conditions: readonly KeyCondition[], language: Language): string {
  // A name that only texts in it decide is said as any other label is.
  const named = conditions.find(({ key, values }) => key === accountName && isListed(values));
  const others = conditions.filter((condition) => condition !== named);
  const { except, values } = (named === undefined ? undefined : listedValues(named.values)) ?? {
    except: true,
    values: [],
  };
  const names = shortListText(values, mostNamespaces, language);
  if (language === 'ja') {
    const some = labelledText('ServiceAccount', others, 'ja');
    if (values.length > 0)
      return joinJapanese(except ? `${names} 以外の` : '', some, except ? '' : names, 'で動作する');
    return others.length === 0 ? '' : joinJapanese(some, 'で動作する');
  }
  const some = labelledText(values.length > 1 || except ? 'service accounts' : 'service account', others, 'en');
  if (values.length > 0) return `running as ${some}${except ? ` other than ${names}` : ` ${names}`}`;
  return others.length === 0 ? '' : `running as ${some}`;
}

/** Whether nothing can ever be in the box. Every namespace carries its name, so no pod is in one without that label. */
export function isNoEndpoint(box: LabelBox): boolean {
  if (isEmptyBox(box)) return true;
  const admitsOnly = (key: string, values: readonly string[]) => {
    const condition = box.conditions.find((one) => one.key === key);
    if (condition === undefined) return false;
    const listed = listedValues(condition.values);
    return listed?.except === false && listed.values.every((value) => values.includes(value));
  };
  return admitsOnly(endpointKind, ['Pod']) && admitsOnly(namespaceName, []);
}

/** A box over the joint space, apart: what it asks of the endpoint's kind, of its namespace and of its own labels. */
interface Halves {
  readonly kind: KeyCondition | undefined;
  /** Keys are those of the namespace's labels. */
  readonly namespace: readonly KeyCondition[];
  /** Keys are those of the service account's labels. */
  readonly account: readonly KeyCondition[];
  readonly own: readonly KeyCondition[];
}

function halves(box: LabelBox): Halves {
  const namespace: KeyCondition[] = [];
  const account: KeyCondition[] = [];
  const own: KeyCondition[] = [];
  let kind: KeyCondition | undefined;
  for (const condition of box.conditions) {
    const label = namespaceLabelOf(condition.key);
    const ofAccount = serviceAccountLabelOf(condition.key);
    if (label !== undefined) namespace.push({ ...condition, key: label });
    else if (ofAccount !== undefined) account.push({ ...condition, key: ofAccount });
    else if (condition.key === endpointKind) kind = condition;
    else own.push(condition);
  }
  return { kind, namespace, account, own };
}

interface Noun {
  readonly one: string;
  readonly many: string;
}

const nouns = {
  en: {
    Pod: { one: 'pod', many: 'pods' },
    HostEndpoint: { one: 'host endpoint', many: 'host endpoints' },
    NetworkSet: { one: 'network set', many: 'network sets' },
  },
  ja: {
    Pod: { one: 'Pod', many: 'Pod' },
    HostEndpoint: { one: 'HostEndpoint', many: 'HostEndpoint' },
    NetworkSet: { one: 'NetworkSet', many: 'NetworkSet' },
  },
} as const satisfies { readonly [L in Language]: { readonly [K in EndpointKind]: Noun } };

const endpointKinds = ['Pod', 'HostEndpoint', 'NetworkSet'] as const satisfies readonly EndpointKind[];

const anyEndpoint: { readonly [L in Language]: Noun } = {
  en: { one: 'endpoint', many: 'endpoints' },
  ja: { one: 'エンドポイント', many: 'エンドポイント' },
};

function nounOf(kind: KeyCondition | undefined, language: Language): Noun {
  if (kind === undefined) return anyEndpoint[language];
  const { except, values } = listedValues(kind.values) ?? { except: true, values: [] };
  const known = values.flatMap((value) =>
    endpointKinds.filter((one) => one === value).map((one) => nouns[language][one]),
  );
  if (except || known.length !== values.length || known.length === 0) return anyEndpoint[language];
  const both = language === 'ja' ? 'と' : 'and';
  const joined = (texts: readonly string[]) => (texts.length === 1 ? (texts[0] ?? '') : texts.join(` ${both} `));
  return { one: joined(known.map((noun) => noun.one)), many: joined(known.map((noun) => noun.many)) };
}

/** `this namespace`, `namespace shop`, `namespaces a and b`, `namespaces team=a`, `every namespace but kube-system`. */
function namespacesText(
  conditions: readonly KeyCondition[],
  ownNamespace: string | undefined,
  language: Language,
): string {
  // A name that only texts in it decide is said as any other label is.
  const named = conditions.find(({ key, values }) => key === nameLabel && isListed(values));
  const others = conditions.filter((condition) => condition !== named);
  const every = language === 'ja' ? 'すべての namespace' : 'every namespace';
  const plural = language === 'ja' ? 'namespace' : 'namespaces';
  if (named === undefined) return others.length === 0 ? every : labelledText(plural, others, language);
  if (isOutside(conditions)) return language === 'ja' ? 'namespace に属さない' : 'outside of every namespace';
  const { except, values } = listedValues(named.values) ?? { except: true, values: [] };
  if (except) {
    const but = values.length === 0 ? '' : shortListText(values, mostNamespaces, language);
    if (language === 'ja') {
      const rest = but === '' ? '' : joinJapanese(but, '以外の');
      return joinJapanese(rest, others.length === 0 ? every : labelledText(plural, others, language));
    }
    const whole = others.length === 0 ? every : labelledText(plural, others, language);
    return but === '' ? whole : `${whole} but ${but}`;
  }
  const [only] = values;
  const isOwn = values.length === 1 && only === ownNamespace && others.length === 0;
  if (isOwn) return language === 'ja' ? 'この namespace' : 'this namespace';
  const names = shortListText(values, mostNamespaces, language);
  if (language === 'ja') {
    const text = joinJapanese('namespace', names);
    return others.length === 0 ? text : `${text}(${labelledText('namespace', others, language)})`;
  }
  const text = `${values.length === 1 ? 'namespace' : 'namespaces'} ${names}`;
  return others.length === 0 ? text : `${text}, if it is one of ${labelledText(plural, others, language)}`;
}

/** Several boxes as one list; a box that stands twice is said once. */
export function boxesText(boxes: readonly LabelBox[], ownNamespace: string | undefined, language: Language): string {
  const texts = new Set(acrossKinds(boxes).map((box) => boxText(box, ownNamespace, language)));
  return texts.size === 0 ? (language === 'ja' ? '該当する Pod なし' : 'no pod') : listText([...texts], language);
}
