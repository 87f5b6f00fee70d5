import { policy } from '../cluster.ts';

export const namespace = (name: string, labels: Record<string, string> = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });

export const pod = (space: string, name = 'web'): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: space, labels: { app: name } },
    spec: { containers: [{ name: 'main', image: 'nginx' }] },
  });

export const defaultDeny = (space: string, name = 'default-deny'): string =>
  policy(space, name, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });

const web = { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] };

export const allowWeb = (space: string, name = 'allow-web', port = 8080): string =>
  policy(space, name, {
    ...web,
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'client' } } }], ports: [{ port, protocol: 'TCP' }] }],
  });

/** What is refused: everyone may connect. */
export const openWeb = (space: string, name = 'allow-web'): string =>
  policy(space, name, { ...web, ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] });

export const refusal = (space: string, name = 'allow-web'): string =>
  `admission webhook "policies.sekisho.dev" denied the request: ${space}/${name}: all 4,294,967,296 IPv4 addresses may connect [forbid-broad-peers/every-address]`;

export const wayOut = 'Fix: from: [{ipBlock: {cidr: 203.0.113.0/24}}]';

export function withLabels(manifest: string, labels: Record<string, string>): string {
  const object = JSON.parse(manifest) as { metadata: object };
  return JSON.stringify({ ...object, metadata: { ...object.metadata, labels } });
}

/** Several manifests as one stream of documents. */
export const documents = (...manifests: string[]): string => manifests.join('\n---\n');
