import { expect, it } from 'vitest';
import { builtInSet } from '../../src/config/resolve.ts';
import { answerReview } from '../../src/engine/admission/answer.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { World } from '../../src/engine/model/world.ts';

const set = builtInSet({ registry });
const block = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, ...(except.length > 0 ? { except } : {}) } });
const into = (from: readonly object[], labels: object = { app: 'web' }) => ({
  podSelector: { matchLabels: labels },
  policyTypes: ['Ingress'],
  ingress: [{ from }],
});
const outTo = (to: readonly object[], ports?: readonly object[]) => ({
  podSelector: { matchLabels: { app: 'web' } },
  policyTypes: ['Egress'],
  egress: [{ to, ...(ports === undefined ? {} : { ports }) }],
});
const everyone = into([]);
const all = into([block('0.0.0.0/0')]);
const narrow = into([block('10.0.0.0/8')]);

function isAllowed(old: object | undefined, spec: object): boolean {
  const object = (of: object) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'shop' },
    spec: of,
  });
  const request = {
    uid: 'u',
    operation: 'UPDATE',
    kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
    namespace: 'shop',
    name: 'p',
    object: object(spec),
    oldObject: old === undefined ? null : object(old),
  };
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  const answer = answerReview(review, { world: World.empty('files'), set, language: 'en' }, 0);
  if (answer.kind !== 'answered') throw new Error(answer.message);
  return answer.record.decision === 'allow';
}

it.each([
  ['everyone becomes every IPv4 address', everyone, all],
  ['every IPv4 address becomes a quarter of it', all, into([block('0.0.0.0/2')])],
  ['every IPv4 address is spelled in halves', all, into([block('0.0.0.0/1'), block('128.0.0.0/1')])],
  ['everyone is applied again', everyone, everyone],
])('an update passes that opens nothing: %s', (_what, old, spec) => {
  expect(isAllowed(old, spec)).toBe(true);
});

it.each([
  ['a narrow peer becomes all of IPv4 in halves', narrow, into([block('0.0.0.0/1'), block('128.0.0.0/1')])],
  ['an exception is given back', narrow, into([block('0.0.0.0/0', '10.0.0.0/8'), block('10.0.0.0/8')])],
  ['every IPv4 address becomes everyone', all, everyone],
  ['every IPv4 address becomes every IPv6 address', all, into([block('::/0')])],
  ['a quarter becomes another quarter', into([block('0.0.0.0/2')]), into([block('64.0.0.0/2')])],
  ['other pods are opened instead', all, into([block('0.0.0.0/0')], { app: 'db' })],
  ['more pods are opened', all, into([block('0.0.0.0/0')], {})],
  ['the other direction is opened', all, outTo([block('0.0.0.0/0')])],
  [
    'open DNS becomes open HTTPS',
    outTo([block('0.0.0.0/0')], [{ protocol: 'UDP', port: 53 }]),
    outTo([block('0.0.0.0/0')], [{ port: 443 }]),
  ],
  ['dead rules come alive', { ...all, policyTypes: ['Egress'] }, all],
  ['the old object is not told', undefined, everyone],
])('an update is refused for what it opens: %s', (_what, old, spec) => {
  expect(isAllowed(old, spec)).toBe(false);
});
