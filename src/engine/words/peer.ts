import { isEveryone, type Peer, type ServiceName } from '../model/policy.ts';
import { everyIPv4, everyIPv6, isNoAddress } from '../sets/addresses.ts';
import type { LabelBox } from '../sets/labels.ts';
import { addressesText } from './addresses.ts';
import { boxesText, isNoEndpoint } from './box.ts';
import { joinJapanese } from './japanese.ts';
import type { Language } from './language.ts';

/**
 * The far end of a flow in words: `everyone`, `pods app=web of this namespace`, `every pod of namespace shop`,
 * `10.0.0.0/8 without 10.1.0.0/16`, `nobody`. `ownNamespace` is called "this namespace".
 */
export function peerText(peer: Peer, ownNamespace: string | undefined, language: Language): string {
  if (isEveryone(peer)) return language === 'ja' ? 'すべての相手' : 'everyone';
  if (isNobody(peer)) return language === 'ja' ? '該当なし' : 'nobody';
  if (peer.service !== undefined) return serviceText(peer.service, language);
  if (peer.unsure === true) return language === 'ja' ? '複雑なセレクターが指す相手' : 'whom a complex selector means';
  if (peer.except !== undefined) return exceptText(peer, peer.except, ownNamespace, language);
  if (peer.endpoints === 'any') return peer.addresses === 'any' ? '' : addressesText(peer.addresses, language);
  const endpoints = boxesText(peer.endpoints, ownNamespace, language);
  if (peer.addresses === 'any') return endpoints;
  const family = peer.addresses === everyIPv4 ? 'IPv4' : peer.addresses === everyIPv6 ? 'IPv6' : undefined;
  if (family !== undefined) return language === 'ja' ? `${endpoints}(${family} のみ)` : `${endpoints} over ${family}`;
  const addresses = addressesText(peer.addresses, language);
  return language === 'ja' ? joinJapanese(endpoints, '(', addresses, 'にあるもの)') : `${endpoints} at ${addresses}`;
}

function serviceText({ namespace, name }: ServiceName, language: Language): string {
  const where = namespace === undefined ? '' : `namespace ${namespace}`;
  if (language === 'ja') return joinJapanese(where, where === '' ? '' : 'の', `Service ${name}`);
  return where === '' ? `Service ${name}` : `Service ${name} of ${where}`;
}

/** `everyone but host endpoints role=edge`. */
function exceptText(
  { addresses }: Peer,
  except: readonly LabelBox[],
  ownNamespace: string | undefined,
  language: Language,
): string {
  const others = boxesText(except, ownNamespace, language);
  if (language === 'ja') {
    const all = addresses === 'any' ? 'すべての相手' : addressesText(addresses, language);
    return joinJapanese(others, '以外の', all);
  }
  return `${addresses === 'any' ? 'everyone' : addressesText(addresses, language)} but ${others}`;
}

/** Whether nothing can be at this far end: no label satisfies its selector, or no address is left of its range. */
export function isNobody(peer: Peer): boolean {
  if (peer.endpoints !== 'any' && peer.endpoints.every(isNoEndpoint)) return true;
  return peer.addresses !== 'any' && isNoAddress(peer.addresses);
}
