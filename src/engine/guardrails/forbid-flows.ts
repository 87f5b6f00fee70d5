import { field } from '../json/read.ts';
import { openedFlow } from '../reach/changed-flows.ts';
import { joinJapanese } from '../words/japanese.ts';
import { trafficText } from '../words/traffic.ts';
import { defineGuardrail, key } from './define.ts';
import { readFlows } from './settings.ts';
import { changedPart, type FlowArgs, flowArgs, flowOf, whoText } from './words/flow.ts';

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
      hangsOnWorld: true,
      when: {
        en: 'A flow between pods or addresses that may ever exist was not possible before the change, and is after it.',
        ja: '存在しうる Pod やアドレスの間で、変更前は不可能だった通信が、変更後は可能になる場合。',
      },
      en: ({ name, from, to, traffic }) => ({
        message: `${whoText(from, 'en')} could reach ${whoText(to, 'en')} over ${trafficText(traffic, 'en')}, against "${name}"`,
        why: 'The rule of that name says that this flow must never be possible, whatever pods are there.',
      }),
      ja: ({ name, from, to, traffic }) => ({
        message: `${joinJapanese(whoText(from, 'ja'), 'から', whoText(to, 'ja'), 'への通信')}(${trafficText(traffic, 'ja')})が可能になります。ルール「${name}」で禁じられています`,
        why: 'この通信は、どのような Pod があっても可能にしてはならないものとして定められています。',
      }),
    }),
  },
  check: (context, { flows }, report) => {
    if (flows.length === 0) return;
    if (context.after.origin === 'none') return report.notChecked('no-policies');
    for (const spec of flows) {
      const found = openedFlow(context, spec);
      if (found.answer === 'unknown') report.notChecked(found.because);
      else if (found.answer === 'some') {
        report.found('opened', {
          path: changedPart(context),
          args: flowArgs(spec.name, found.flow),
          witness: flowOf(found.flow),
        });
      }
    }
  },
});
