import { manifestText } from '../../src/cli/manifests.ts';
import { customResourceDefinitions } from '../../src/config/custom-resources.ts';
import { builtInSet } from '../../src/config/resolve.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { webhookConfiguration } from '../../src/engine/render/registration.ts';

/** The files of `deploy/` that are made from the code: what `sekisho manifests` prints. */
export function deployFiles(): Map<string, string> {
  const set = builtInSet({ registry });
  const configuration = webhookConfiguration({
    client: { service: { namespace: set.ownNamespace, name: 'sekisho' } },
    ca: undefined,
    failurePolicy: 'Ignore',
    excludedNamespaces: [...new Set([...(set.excludedNamespaces.names ?? []), set.ownNamespace])].sort(),
    ownNamespace: set.ownNamespace,
  });
  return new Map([
    ['deploy/registration/webhook.yaml', manifestText(configuration)],
    ['deploy/base/crds.yaml', customResourceDefinitions(registry).map(manifestText).join('---\n')],
  ]);
}
