import { apiVersion } from './schema.ts';

const [group = '', version = ''] = apiVersion.split('/');

/** Where the API server has the custom resources. */
export const guardrailSets = { group, version, plural: 'guardrailsets' } as const;
export const exemptions = { group, version, plural: 'exemptions' } as const;
