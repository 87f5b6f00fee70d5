import { jsonSchemas } from '../../src/config/json-schema.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { chartFiles } from './chart.ts';
import { deployFiles } from './deploy.ts';
import { guardrailPages } from './pages.ts';

/** Every generated file outside `src`, by its path. */
export async function generatedDocuments(root: string): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ...deployFiles(),
    ...(await chartFiles(root)),
    ...Object.entries(jsonSchemas(registry)),
    ...(await guardrailPages(root, registry)),
  ]);
}
