import { field } from '../json/read.ts';
import { cutFlow } from '../reach/changed-flows.ts';
import { joinJapanese } from '../words/japanese.ts';
import { trafficText } from '../words/traffic.ts';
import { defineGuardrail, key } from './define.ts';
import { readFlows } from './settings.ts';
import { changedPart, type FlowArgs, flowArgs, flowOf, whoText } from './words/flow.ts';

/** The organisation's own: what must go on working. Judged on the pods of today, since only those can be cut off. */
export const keepFlows = defineGuardrail({
  name: 'keep-flows',
  mode: 'enforce',
  summary: {
    en: 'The flows that the organisation names stay possible.',
    ja: '組織が定めた通信が、引き続き可能であること。',
  },
  settings: {
    flows: { type: 'flows', description: 'The flows that must stay possible.', default: [] },
  },
  readSettings: (settings) => ({ flows: readFlows(field(settings, 'flows')) }),
  keys: {
    cut: key<FlowArgs>({
      hangsOnWorld: true,
      when: {
        en: 'A flow between pods or addresses of today was possible before the change, and is not after it.',
        ja: '現在の Pod やアドレスの間で、変更前は可能だった通信が、変更後は不可能になる場合。',
      },
      en: ({ name, from, to, traffic }) => ({
        message: `${whoText(from, 'en')} could no longer reach ${whoText(to, 'en')} over ${trafficText(traffic, 'en')}, which the rule "${name}" wants kept`,
        why: 'The platform has declared that this flow must stay possible. Allow it in the same change.',
      }),
      ja: ({ name, from, to, traffic }) => ({
        message: `${joinJapanese(whoText(from, 'ja'), 'から', whoText(to, 'ja'), 'への通信')}(${trafficText(traffic, 'ja')})ができなくなります。ルール「${name}」で維持が求められています`,
        why: 'この通信は、維持すべきものとして定められています。同じ変更の中で許可してください。',
      }),
    }),
  },
  check: (context, { flows }, report) => {
    if (flows.length === 0) return;
    if (context.after.origin === 'none') return report.notChecked('no-pods');
    for (const spec of flows) {
      const found = cutFlow(context, spec);
      if (found.answer === 'nobody') report.notChecked('no-pods');
      else if (found.answer === 'unknown') report.notChecked(found.because);
      else if (found.answer === 'some') {
        report.found('cut', {
          path: changedPart(context),
          args: flowArgs(spec.name, found.flow),
          witness: flowOf(found.flow),
        });
      }
    }
  },
});
