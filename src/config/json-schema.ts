import { z } from 'zod';
import type { Guardrail } from '../engine/guardrails/define.ts';
import { exemptionSchema, guardrailSetSchema } from './schema.ts';

/** The published JSON Schemas, by file. Draft 7 is what editors of YAML know best. */
export function jsonSchemas(registry: readonly Guardrail[]): { readonly [file: string]: string } {
  return {
    'docs/schema/guardrailset.json': print('GuardrailSet', guardrailSetSchema(registry)),
    'docs/schema/exemption.json': print('Exemption', exemptionSchema(registry)),
  };
}

function print(kind: string, schema: z.ZodType): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  const title = `${kind} (sekisho.dev/v1alpha1)`;
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
