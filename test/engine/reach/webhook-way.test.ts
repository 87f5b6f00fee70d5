import { describe, expect, it } from 'vitest';
import { builtInSet } from '../../../src/config/resolve.ts';
import { registry } from '../../../src/engine/guardrails/registry.ts';
import { readAddresses } from '../../../src/engine/guardrails/settings.ts';
import { gather } from '../../../src/engine/model/gather.ts';
import { wayNow } from '../../../src/engine/reach/webhook-way.ts';

const namespace = 'sekisho-system';
const labels = { 'app.kubernetes.io/name': 'sekisho' };
const server = readAddresses('192.0.2.10/32');

function pod(inside: string, name: string, podLabels: object) {
  const ports = [{ name: 'webhook', containerPort: 8443 }];
  const metadata = { namespace: inside, name, labels: podLabels };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name, image: name, ports }] } };
}

function policy(name: string, spec: object) {
  const metadata = { namespace, name };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector: {}, ...spec } };
}

function way(objects: readonly { apiVersion: string; kind: string; metadata: object }[], servers = [server]) {
  const gathered = objects.map((object) => {
    const { namespace: inside, name } = object.metadata as { namespace?: string; name: string };
    const [group = '', version = ''] = object.apiVersion.includes('/')
      ? object.apiVersion.split('/')
      : ['', object.apiVersion];
    return { object, ref: { group, version, kind: object.kind, name, namespace: inside } };
  });
  const { enforcer, cluster } = builtInSet({ registry, enforcer: 'calico' });
  return wayNow(gather(gathered, 'cluster'), { namespace, service: 'sekisho' }, { enforcer, cluster }, servers);
}

const ours = pod(namespace, 'one', labels);
const deny = policy('deny', { policyTypes: ['Ingress'] });
const from = (cidr: string) =>
  policy('allow', { ingress: [{ from: [{ ipBlock: { cidr } }], ports: [{ port: 'webhook' }] }] });

describe('the way to the webhook', () => {
  it('is not known of a webhook without pods', () => {
    expect(way([deny])).toEqual({ answer: 'unknown', because: 'no-pods' });
  });

  it('is open where no policy isolates the pods', () => {
    expect(way([ours])).toEqual({ answer: 'known', policies: [], cut: [], unsure: [] });
  });

  it('is cut by a policy, and opened by another that lets the API server in', () => {
    const policies = ['NetworkPolicy sekisho-system/deny'];
    const cut = [{ from: { address: '192.0.2.10' }, to: { namespace, name: 'one' }, port: 8443 }];
    expect(way([ours, deny])).toEqual({ answer: 'known', policies, cut, unsure: [] });
    const both = { policies: ['NetworkPolicy sekisho-system/allow', ...policies] };
    expect(way([ours, deny, from('192.0.2.0/24')])).toMatchObject({ ...both, cut: [], unsure: [] });
    expect(way([ours, deny, from('198.51.100.0/24')])).toMatchObject({ ...both, cut });
  });

  it('is judged for every address there is where nobody knows that of the API server', () => {
    expect(way([ours, deny, from('0.0.0.0/0')], [])).toMatchObject({
      cut: [{ from: { address: expect.stringContaining(':') } }],
    });
    expect(way([ours, deny, policy('allow', { ingress: [{ ports: [{ port: 8443 }] }] })], [])).toMatchObject({
      cut: [],
    });
  });

  it("is one of Calico's API server, too, which an egress policy of its own can cut", () => {
    const caller = pod('calico-apiserver', 'api', { 'k8s-app': 'calico-apiserver' });
    const egress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'calico-apiserver', name: 'out' },
      spec: { podSelector: {}, policyTypes: ['Egress'] },
    };
    expect(way([ours, caller])).toMatchObject({ cut: [] });
    expect(way([ours, caller, egress])).toMatchObject({
      policies: ['NetworkPolicy calico-apiserver/out'],
      cut: [{ from: { pod: { namespace: 'calico-apiserver', name: 'api' } } }],
    });
  });
});
