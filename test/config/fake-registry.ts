import { defineGuardrail, type Guardrail, key } from '../../src/engine/guardrails/define.ts';
import {
  readDirections,
  readFlows,
  readInteger,
  readOpenPorts,
  readPrefixes,
} from '../../src/engine/guardrails/settings.ts';
import { field } from '../../src/engine/json/read.ts';
import type { Mode } from '../../src/engine/model/mode.ts';

const words = () => ({ message: 'found', why: 'because' });

function said(mode?: Mode) {
  const both = { when: { en: 'always', ja: '常に' }, en: words, ja: words };
  return key<string>(mode === undefined ? both : { ...both, mode });
}

/** What the last configuration of `forbid-doors` was read as. */
export const readings: unknown[] = [];

/** Two small guardrails with a setting of every type. */
export const registry: readonly Guardrail[] = [
  defineGuardrail({
    name: 'forbid-doors',
    mode: 'enforce',
    summary: { en: 'No doors.', ja: 'ドア禁止。' },
    settings: {
      directions: { type: 'directions', description: 'Which ways.', default: ['Ingress', 'Egress'] },
      maxAddresses: { type: 'prefixes', description: 'How wide.', default: { ipv4: '/8', ipv6: '/32' } },
      openPorts: { type: 'openPorts', description: 'What stays open.', default: [] },
      maxPorts: { type: 'integer', description: 'How many.', default: 1024 },
    },
    readSettings: (settings) => {
      const read = {
        directions: readDirections(field(settings, 'directions')),
        maxAddresses: readPrefixes(field(settings, 'maxAddresses'), { ipv4: '/8', ipv6: 32 }),
        openPorts: readOpenPorts(field(settings, 'openPorts')),
        maxPorts: readInteger(field(settings, 'maxPorts'), 1024),
      };
      readings.push(read);
      return read;
    },
    keys: { wide: said(), narrow: said('warn') },
    check: () => {},
  }),
  defineGuardrail({
    name: 'keep-paths',
    mode: 'warn',
    summary: { en: 'Paths stay.', ja: '道を残す。' },
    settings: { flows: { type: 'flows', description: 'Flows that must stay.', default: [] } },
    readSettings: (settings) => readFlows(field(settings, 'flows')),
    keys: { cut: said() },
    check: () => {},
  }),
];
