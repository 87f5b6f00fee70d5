import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chartFiles } from '../../scripts/generate/chart.ts';
import { run } from '../../src/cli/run.ts';
import { asList, dig } from '../../src/engine/json/read.ts';
import { folder, root } from './manifests.ts';
import { findHelm, helmTemplate, kustomized, type Objects } from './rendered.ts';

const chart = join(folder, 'chart');
const read = (file: string) => readFile(join(chart, file), 'utf8');

const helm = await findHelm();
if (helm === undefined) {
  process.stderr.write(
    'There is no helm, neither in PATH nor built by the GitOps tests: the chart is NOT rendered and NOT compared with ' +
      'kustomize here. Only its structure, its values and what is generated in it are checked.\n',
  );
}

describe('the structure of the chart', () => {
  it('has the version of the program', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(parse(await read('Chart.yaml'))).toMatchObject({ apiVersion: 'v2', version, appVersion: version });
  });

  it('has values that its schema takes, and documents each', async () => {
    const text = await read('values.yaml');
    const validate = new Ajv({ strict: true }).compile(JSON.parse(await read('values.schema.json')));
    expect([validate(parse(text)), validate.errors]).toEqual([true, null]);
    for (const wrong of [
      { failurePolicy: 'Open' },
      { replicas: 0 },
      { replica: 2 },
      { image: { repository: 'a', digest: 'latest' } },
    ])
      expect(validate({ ...parse(text), ...wrong }), JSON.stringify(wrong)).toBe(false);
  });

  it('uses each value that it has, and has each that it uses', async () => {
    const templates = await readdir(join(chart, 'templates'));
    const texts = await Promise.all(templates.map((name) => read(`templates/${name}`)));
    const used = new Set(
      texts.flatMap((text) =>
        [...text.matchAll(/\.Values\.([a-zA-Z]+(?:\.[a-zA-Z]+)?)/g)].map(([, name]) => name ?? ''),
      ),
    );
    const values: unknown = parse(await read('values.yaml'));
    const names = Object.entries(Object(values)).flatMap(([name, value]) =>
      ['image', 'networkPolicy', 'monitoring'].includes(name)
        ? Object.keys(Object(value)).map((one) => `${name}.${one}`)
        : [name],
    );
    expect([...used].sort()).toEqual(names.sort());
    for (const text of texts) expect(text.split('{{').length).toBe(text.split('}}').length);
  });

  it('is up to date with the base', async () => {
    const files = await chartFiles(root);
    expect(files.size).toBeGreaterThan(5);
    for (const [file, text] of files) expect(await readFile(join(root, file), 'utf8'), file).toBe(text);
  });
});

describe.runIf(helm !== undefined)('what helm renders', () => {
  let production: Objects;
  beforeAll(async () => {
    production = await kustomized('overlays/production');
  }, 1_500_000);

  const rendered = async (flags: readonly string[] = [], namespace?: string) => {
    const { objects, refused } = await helmTemplate(helm ?? '', flags, namespace);
    expect(refused).toBeUndefined();
    return objects;
  };

  it('is the production overlay, object by object, but for the namespace, which helm makes itself', async () => {
    const objects = await rendered();
    const wanted = [...production.keys()].filter((name) => name !== 'Namespace sekisho-system');
    expect([...objects.keys()].sort()).toEqual(wanted.sort());
    for (const name of wanted) expect(objects.get(name), name).toEqual(production.get(name));
  });

  it('is the component as well where monitoring is wanted', async () => {
    const objects = await rendered(['--set', 'monitoring.enabled=true']);
    const text = await readFile(join(folder, 'components/monitoring/dashboard.json'), 'utf8');
    expect(JSON.parse(String(dig(objects.get('ConfigMap sekisho-dashboard'), 'data', 'sekisho.json')))).toEqual(
      JSON.parse(text),
    );
    for (const file of ['rules', 'service-monitor']) {
      const value: unknown = parse(await readFile(join(folder, `components/monitoring/${file}.yaml`), 'utf8'));
      expect(objects.get(`${dig(value, 'kind')} sekisho`)).toEqual(value);
    }
  });

  it.each([
    ['sekisho-system', []],
    ['guard', []],
    ['guard', ['--set', 'failurePolicy=Fail']],
  ])('registers in %s what `sekisho manifests` prints %j', async (namespace, flags) => {
    const objects = await rendered([...flags, '--set', 'excludedNamespaces={kube-system,a,guard}'], namespace);
    const config = JSON.stringify({
      apiVersion: 'sekisho.dev/v1alpha1',
      kind: 'GuardrailSet',
      metadata: { name: 'test' },
      spec: { namespaces: { exclude: { names: ['kube-system', 'a', 'guard'] } } },
    });
    let printed = '';
    const args = ['manifests', '--service', `${namespace}/sekisho`, '--config', '-'];
    const policy = flags.length === 0 ? [] : ['--failure-policy', 'Fail'];
    const code = await run(
      [...args, ...policy],
      { serve: async () => 0 },
      {
        out: (text) => void (printed += text),
        err: (text) => expect.fail(text),
        stdin: async () => Buffer.from(config),
        env: {},
        cwd: root,
        outIsTerminal: false,
        now: () => 0,
      },
    );
    expect(code).toBe(0);
    expect(objects.get('ValidatingWebhookConfiguration sekisho')).toEqual(parse(printed));
  });

  it('follows the namespace of the release in every object', async () => {
    for (const [name, value] of await rendered(['--set', 'monitoring.enabled=true'], 'guard')) {
      expect(JSON.stringify(value), name).not.toContain('sekisho-system');
      if (/^(?:Cluster|Custom|Validating)/.test(name)) continue;
      expect(dig(value, 'metadata', 'namespace'), name).toBe('guard');
    }
  });

  it('follows its values', async () => {
    const objects = await rendered([
      ...['--set', 'replicas=1,logLevel=debug,priorityClassName=system-cluster-critical'],
      ...['--set', `image.repository=registry.test/sekisho,image.digest=sha256:${'a'.repeat(64)}`],
      ...['--set', 'networkPolicy.enabled=false,guardrails.enforcer=calico,imagePullSecrets[0].name=pull'],
      ...['--set', 'nodeSelector.disk=ssd,tolerations[0].operator=Exists'],
    ]);
    expect(objects.has('PodDisruptionBudget sekisho')).toBe(false);
    expect(objects.has('NetworkPolicy sekisho')).toBe(false);
    const spec = dig(objects.get('Deployment sekisho'), 'spec', 'template', 'spec');
    expect(spec).toMatchObject({
      priorityClassName: 'system-cluster-critical',
      imagePullSecrets: [{ name: 'pull' }],
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ operator: 'Exists' }],
    });
    const [container] = asList(dig(spec, 'containers')) ?? [];
    expect(container).toMatchObject({
      image: `registry.test/sekisho@sha256:${'a'.repeat(64)}`,
      env: [{ name: 'SEKISHO_LOG_LEVEL', value: 'debug' }],
    });
    expect(dig(objects.get('ConfigMap sekisho-guardrails'), 'data', 'guardrails.yaml')).toMatchObject({
      spec: { enforcer: 'calico' },
    });
  });

  it('is refused where a value is none', async () => {
    const { refused } = await helmTemplate(helm ?? '', ['--set', 'failurePolicy=Open']);
    expect(refused).toContain('failurePolicy');
  });
});
