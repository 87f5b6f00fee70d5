import { field } from '../json/read.ts';
import { openedFlow } from '../reach/changed-flows.ts';
import { defineGuardrail, key } from './define.ts';
import { changedPart, type FlowArgs, flowArgs, flowOf } from './flow-words.ts';
import { readFlows } from './settings.ts';

/** The organisation's own: what must never become possible. Judged on every pod that may ever exist. */
export const forbidFlows = defineGuardrail({
  name: 'forbid-flows',
  mode: 'enforce',
  summary: {
    en: 'The flows that the organisation names stay impossible.',
    ja: '組織が禁じた通信が、可能にならないこと。',
  },
  settings: {
    flows: { type: 'flows', description: 'The flows that must stay impossible.', default: [] },
  },
  readSettings: (settings) => ({ flows: readFlows(field(settings, 'flows')) }),
  keys: {
    opened: key<FlowArgs>({
      when: {
        en: 'A flow between pods or addresses that may ever exist was not possible before the change, and is after it.',
        ja: '存在しうる Pod やアドレスの間で、変更前は不可能だった通信が、変更後は可能になる場合。',
      },
      en: ({ name, from, to, traffic }) => ({
        message: `${from} could reach ${to} over ${traffic}, which the rule "${name}" forbids`,
        why: 'The platform has declared that this flow must never be possible, whatever pods are there.',
      }),
      ja: ({ name, from, to, traffic }) => ({
        message: `${from} から ${to} への通信 (${traffic}) が可能になります。ルール「${name}」で禁じられています`,
        why: 'この通信は、どのような Pod があっても可能にしてはならないものとして定められています。',
      }),
    }),
  },
  check: (context, { flows }, report) => {
    if (flows.length === 0) return;
    if (context.after.origin === 'none') return report.notChecked('no-policies');
    for (const spec of flows) {
      if (spec.from.kind === 'hosts' || spec.to.kind === 'hosts') {
        report.notChecked('unsupported-field');
        continue;
      }
      const found = openedFlow(context, spec);
      if (found.answer === 'unknown') report.notChecked(found.because);
      else if (found.answer === 'some') {
        report.found('opened', { path: changedPart(context), args: flowArgs(spec.name, found.flow), witness: flowOf(found.flow) });
      }
    }
  },
});
