/**
 * A cluster to play with: a real API server with Sekisho in front of it. Applies a walk-through with kubectl, shows what
 * a developer sees, and leaves everything running until Ctrl-C.
 */
import { stringify } from 'yaml';
import { policy, startGuardedCluster } from '../test/e2e/cluster.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

say(
  'Starting etcd, kube-apiserver and Sekisho. The first time, the control plane is built from source: several minutes.',
);
const cluster = await startGuardedCluster({ quiet: true });

const namespace = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const pod = (space: string, name: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: space, labels: { app: name } },
    spec: { containers: [{ name: 'main', image: 'nginx' }] },
  });
const web = { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] };
const steps: readonly { readonly about: string; readonly args: readonly string[]; readonly manifest?: string }[] = [
  {
    about: 'Two namespaces with some pods',
    args: ['apply', '-f', '-'],
    manifest: [
      namespace('shop'),
      namespace('ingress-nginx'),
      pod('ingress-nginx', 'controller'),
      pod('shop', 'web'),
      pod('shop', 'db'),
    ].join('\n---\n'),
  },
  {
    about: 'A default deny: it cuts DNS, and says so',
    args: ['apply', '-f', '-'],
    manifest: policy('shop', 'default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
  },
  {
    about: 'DNS again',
    args: ['apply', '-f', '-'],
    manifest: policy('shop', 'allow-dns', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
              podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
            },
          ],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    }),
  },
  {
    about: 'The whole internet, in two halves',
    args: ['apply', '-f', '-'],
    manifest: policy('shop', 'web', {
      ...web,
      ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/1' } }, { ipBlock: { cidr: '128.0.0.0/1' } }] }],
    }),
  },
  {
    about: 'Every namespace, by a selector that looks narrow',
    args: ['apply', '-f', '-'],
    manifest: policy('shop', 'web', {
      ...web,
      ingress: [
        { from: [{ namespaceSelector: { matchExpressions: [{ key: 'no-such-label', operator: 'DoesNotExist' }] } }] },
      ],
    }),
  },
  {
    about: 'One namespace by its name, one port: this is welcome',
    args: ['apply', '-f', '-'],
    manifest: policy('shop', 'web', {
      ...web,
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } },
              podSelector: { matchLabels: { app: 'controller' } },
            },
          ],
          ports: [{ port: 8080 }],
        },
      ],
    }),
  },
  {
    about: 'The last default deny cannot go while it protects pods',
    args: ['delete', 'networkpolicy', '-n', 'shop', 'default-deny'],
  },
];

/** As a developer would have written it. */
function asYaml(manifest: string): string {
  return manifest
    .split('\n---\n')
    .map((one) => stringify(JSON.parse(one)).trimEnd())
    .join('\n---\n');
}

for (const { about, args, manifest } of steps) {
  say(`\n# ${about}`);
  if (manifest !== undefined) say(asYaml(manifest));
  say(`$ kubectl ${args.join(' ')}`);
  const { stdout, stderr } = await cluster.kubectl(args, manifest === undefined ? {} : { stdin: manifest });
  process.stdout.write(`${stderr}${stdout}`);
}

say('\nAll of it goes on running. In another terminal, as an ordinary developer:');
say(`  export KUBECONFIG=${cluster.plane.kubeconfigFor('jane')}`);
say('  kubectl get networkpolicies -A');
say('Ctrl-C stops it and removes everything.');
await new Promise<void>((stop) => {
  const alive = setInterval(() => undefined, 60_000);
  process.once('SIGINT', () => {
    clearInterval(alive);
    stop();
  });
  process.once('SIGTERM', () => {
    clearInterval(alive);
    stop();
  });
});
await cluster.stop();
