import { asString, dig } from '../json/read.ts';
import type { Change } from '../model/change.ts';

/** On a dry run: asks the webhook to say that it was reached. Its value comes back, so that each asker knows its answer. */
const annotation = 'sekisho.dev/check-install';
const allowedMark = /^[0-9a-f]{8,64}$/;

/** A policy that does no harm even where it is stored by mistake: no pod has the label that it selects. */
export function probePolicy(namespace: string, mark: string): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `sekisho-check-install-${mark}`, namespace, annotations: { [annotation]: mark } },
    spec: { podSelector: { matchLabels: { 'sekisho.dev/check-install': mark } }, policyTypes: ['Ingress'] },
  };
}

/**
 * The warning that answers a probe; undefined for anything else. It tells whoever asks from where the call came, as the
 * webhook sees it: that is what a NetworkPolicy has to let in. Alike in all languages, since a program reads it.
 *
 * @param caller the address of the other end of the connection
 */
export function probeAnswer(change: Change, caller: string | undefined): string | undefined {
  if (!change.dryRun || change.operation !== 'CREATE' || caller === undefined) return undefined;
  const mark = asString(dig(change.object, 'metadata', 'annotations', annotation));
  if (mark === undefined || !allowedMark.test(mark)) return undefined;
  return `sekisho check-install ${mark}: called from ${plainAddress(caller)}`;
}

/** What the warnings of the API server say of a probe; undefined where the webhook was not reached. */
export function readProbeAnswer(warnings: string, mark: string): { readonly address: string | undefined } | undefined {
  const said = new RegExp(`sekisho check-install ${mark}: called from (unknown|[0-9a-f.:]{2,45})(?![0-9a-z.:])`);
  const [, address] = said.exec(warnings) ?? [];
  return address === undefined ? undefined : { address: address === 'unknown' ? undefined : address };
}

function plainAddress(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return /^[0-9a-f.:]{2,45}$/i.test(plain) ? plain.toLowerCase() : 'unknown';
}
