import type { Guardrail } from '../guardrails/define.ts';
import type { Mode } from '../model/mode.ts';
import type { Language } from '../words/language.ts';
import { flowYaml } from '../words/yaml.ts';

const words = {
  en: {
    mode: { enforce: 'denies', warn: 'warns', audit: 'audit only', off: 'off' },
    platform: '; the platform may',
    findings: 'Findings',
    settings: 'Settings',
    byDefault: 'default',
  },
  ja: {
    mode: { enforce: '拒否', warn: '警告', audit: '監査のみ', off: '無効' },
    platform: '、プラットフォーム担当者は可',
    findings: '検出項目',
    settings: '設定',
    byDefault: '既定値',
  },
} as const satisfies Record<Language, { mode: Record<Mode, string> } & Record<string, unknown>>;

/** What a guardrail wants, what it finds and how it is set: the text behind `sekisho explain`. */
export function explanation(guardrail: Guardrail, language: Language, key?: string): string {
  const say = words[language];
  const keys = Object.entries(guardrail.keys).filter(([name]) => key === undefined || name === key);
  const lines = [guardrail.name, `  ${guardrail.summary[language]}`, '', `${say.findings}:`];
  for (const [name, one] of keys) {
    lines.push(
      `  ${guardrail.name}/${name} (${say.mode[one.mode]}${one.skipsPlatform ? say.platform : ''})`,
      `    ${one.when[language]}`,
    );
  }
  const settings = Object.entries(guardrail.settings);
  if (settings.length > 0) lines.push('', `${say.settings}:`);
  for (const [name, setting] of settings) {
    lines.push(`  ${name} (${say.byDefault}: ${flowYaml(setting.default)})`, `    ${setting.description}`);
  }
  return `${lines.join('\n')}\n`;
}
