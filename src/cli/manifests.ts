import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { customResourceDefinitions } from '../config/custom-resources.ts';
import type { GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import { registry } from '../engine/guardrails/registry.ts';
import { webhookConfiguration } from '../engine/render/registration.ts';
import { type ExitCode, exitCode, UsageProblem } from './exit-code.ts';
import { oneOf, repeated } from './file-flags.ts';
import { readConfiguration } from './inputs.ts';
import type { Io } from './io.ts';

interface ManifestsFlags {
  readonly url?: string;
  readonly service?: string;
  readonly ca?: string;
  readonly failurePolicy: 'Ignore' | 'Fail';
  readonly config?: string[];
  readonly crds?: true;
}

export function manifestsCommand(io: Io, done: (code: ExitCode) => void): Command {
  return new Command('manifests')
    .description('print the ValidatingWebhookConfiguration that registers the webhook')
    .option('--url <url>', 'where the API server reaches the webhook, such as https://127.0.0.1:8443/validate')
    .option('--service <namespace/name>', 'the Service in front of the webhook (default: sekisho-system/sekisho)')
    .option('--ca <file>', 'PEM file of the CA that signed the serving certificate')
    .addOption(
      oneOf('--failure-policy <policy>', 'what the API server does when nobody answers', ['Ignore', 'Fail']).default(
        'Ignore',
      ),
    )
    .option('--config <file>', 'GuardrailSet whose excluded namespaces are spared the call (repeatable)', repeated)
    .option('--crds', 'print the CustomResourceDefinitions of GuardrailSet and Exemption instead')
    .action(async (flags: ManifestsFlags) => {
      if (flags.crds === true) {
        io.out(customResourceDefinitions(registry).map(manifestText).join('---\n'));
        done(exitCode.judged);
        return;
      }
      const client = clientOf(flags);
      const set = await readConfiguration(flags, io, io.now());
      const own = 'service' in client ? client.service.namespace : set.ownNamespace;
      const configuration = webhookConfiguration({
        client,
        ca: flags.ca === undefined ? undefined : await caBundle(flags.ca),
        failurePolicy: flags.failurePolicy,
        excludedNamespaces: sparedNamespaces(set, own),
        ownNamespace: own,
      });
      io.out(manifestText(configuration));
      done(exitCode.judged);
    });
}

/** As any reader of YAML understands it: the older ones, kubectl among them, take a bare `off` for false. */
export function manifestText(manifest: unknown): string {
  return stringify(manifest, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}

/** The namespaces that the API server need not ask about: those that are excluded by their whole name, and our own. */
export function sparedNamespaces(set: GuardrailSet, own: string): readonly string[] {
  const names = (set.excludedNamespaces.names ?? []).filter((name) => !name.includes('*'));
  return [...new Set([...names, own])].sort();
}

function clientOf({
  url,
  service,
}: ManifestsFlags): { url: string } | { service: { namespace: string; name: string } } {
  if (url !== undefined && service !== undefined) throw new UsageProblem('give --url or --service, and not both');
  if (url !== undefined) {
    if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
      throw new UsageProblem(
        `--url must be an https:// address that the API server can reach, and not ${JSON.stringify(url)}`,
      );
    }
    return { url };
  }
  const [namespace, name, ...more] = (service ?? 'sekisho-system/sekisho').split('/');
  if (!namespace || !name || more.length > 0)
    throw new UsageProblem(`--service is NAMESPACE/NAME, and not ${JSON.stringify(service)}`);
  return { service: { namespace, name } };
}

/** Base64 of a PEM file, once every certificate in it is known to be one. */
async function caBundle(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageProblem(`the CA file ${JSON.stringify(file)} cannot be read`);
  });
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const one of certificates) new X509Certificate(one);
  } catch {
    throw new UsageProblem(`the CA file ${JSON.stringify(file)} holds something that is no certificate`);
  }
  if (certificates.length === 0) throw new UsageProblem(`the CA file ${JSON.stringify(file)} holds no PEM certificate`);
  return Buffer.from(`${certificates.join('\n')}\n`).toString('base64');
}
