import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { manifestText } from '../../src/cli/manifests.ts';
import { customResourceDefinitions } from '../../src/config/custom-resources.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { webhookConfiguration } from '../../src/engine/render/registration.ts';

/** Of the base: what the chart takes over as it is, but for the namespace, and only where a value says so. */
const copied: readonly { readonly from: string; readonly to: string; readonly where?: string }[] = [
  { from: 'base/access.yaml', to: 'access.yaml' },
  { from: 'base/service.yaml', to: 'service.yaml' },
  // For one pod, a budget would only keep its node from being drained.
  { from: 'base/disruption-budget.yaml', to: 'disruption-budget.yaml', where: 'gt (int .Values.replicas) 1' },
  {
    from: 'components/monitoring/service-monitor.yaml',
    to: 'service-monitor.yaml',
    where: '.Values.monitoring.enabled',
  },
  { from: 'components/monitoring/rules.yaml', to: 'rules.yaml', where: '.Values.monitoring.enabled' },
];

const ownNamespace = '{{ .Release.Namespace | quote }}';
const origin = (from: string) => `{{- /* Made from ${from} by \`npm run generate\`. */}}\n`;

/** The templates of the Helm chart that are made from the kustomize files and from the registration. */
export async function chartFiles(root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { from, to, where } of copied) {
    const text = templated(await readFile(join(root, 'deploy', from), 'utf8'));
    files.set(template(to), origin(`deploy/${from}`) + (where === undefined ? text : only(where, text)));
  }
  const definitions = templated(customResourceDefinitions(registry).map(manifestText).join('---\n'));
  files.set(template('crds.yaml'), only('.Values.customResources', definitions));
  files.set(
    'deploy/chart/dashboard.json',
    await readFile(join(root, 'deploy/components/monitoring/dashboard.json'), 'utf8'),
  );
  files.set(template('dashboard.yaml'), only('.Values.monitoring.enabled', dashboard));
  files.set(template('registration.yaml'), origin('what `sekisho manifests` prints') + registration());
  return files;
}

const template = (name: string) => `deploy/chart/templates/${name}`;

const only = (where: string, text: string) => `{{- if ${where} }}\n${text}{{- end }}\n`;

/** What Prometheus is to see in braces is no business of Helm's. */
function templated(text: string): string {
  return text.replaceAll('{{', '{{ "{{" }}').replaceAll('sekisho-system', ownNamespace);
}

const dashboard = `apiVersion: v1
kind: ConfigMap
metadata:
  name: sekisho-dashboard
  namespace: ${ownNamespace}
  labels:
    grafana_dashboard: "1"
data:
  sekisho.json: |
    {{- .Files.Get "dashboard.json" | nindent 4 }}
`;

/** Each list of namespaces is one of two: with the webhook's own namespace, or, for the entry of namespaces, without it. */
function registration(): string {
  const [own, others] = ['own', 'others'];
  const configuration = webhookConfiguration({
    client: { service: { namespace: 'here', name: 'sekisho' } },
    ca: undefined,
    failurePolicy: 'Ignore',
    excludedNamespaces: [own, others],
    ownNamespace: own,
  });
  const text = stringify(configuration, { lineWidth: 0, aliasDuplicateObjects: false });
  const excluded = (list: string) => `{{- range ${list} }}\n            - {{ . | quote }}\n            {{- end }}\n`;
  return text
    .replaceAll(
      / +- own\n +- others\n/g,
      `            ${excluded('append .Values.excludedNamespaces $.Release.Namespace | uniq | sortAlpha')}`,
    )
    .replaceAll(
      / +- others\n/g,
      `            ${excluded('without .Values.excludedNamespaces $.Release.Namespace | uniq | sortAlpha')}`,
    )
    .replaceAll('namespace: here', `namespace: ${ownNamespace}`)
    .replace('failurePolicy: Ignore', 'failurePolicy: {{ .Values.failurePolicy }}');
}
