import { admitsAnyNamespace, admitsBarePod } from '../model/box-parts.ts';
import { type AddressSet, containsAddresses, everyAddress, isNoAddress } from '../sets/addresses.ts';
import type { LabelBox } from '../sets/labels.ts';
import { addressesText } from './addresses.ts';
import { acrossKinds, boxText } from './box.ts';
import type { Language } from './language.ts';
import { shortListText } from './list.ts';

/** The far ends of several rules together. */
export interface Whom {
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  /** Services by name, whatever endpoints they have. */
  readonly services?: readonly string[];
}

const mostBoxes = 2;

/** The far ends as one phrase: `everyone`, `10.0.0.0/8`, `pods app=web of this namespace, every pod of namespace shop and 3 more`. */
export function whomText(
  { addresses, endpoints, services = [] }: Whom,
  ownNamespace: string | undefined,
  language: Language,
): string {
  const everyPod = endpoints.some((box) => admitsAnyNamespace(box) && admitsBarePod(box));
  if (everyPod && containsAddresses(addresses, everyAddress)) return language === 'ja' ? 'すべての相手' : 'everyone';
  const texts = new Set<string>();
  if (!isNoAddress(addresses)) texts.add(addressesText(addresses, language));
  for (const box of acrossKinds(endpoints)) texts.add(boxText(box, ownNamespace, language));
  for (const service of services) texts.add(`Service ${service}`);
  return shortListText([...texts], mostBoxes, language);
}
