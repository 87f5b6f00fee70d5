import { Command } from 'commander';
import { plainLine } from '../engine/render/plain.ts';
import type { Language } from '../engine/words/language.ts';
import { type ExitCode, exitCode, UsageProblem } from './exit-code.ts';
import { languageOf, oneOf, repeated } from './file-flags.ts';
import { readConfiguration } from './inputs.ts';
import type { EntryReport, InstallReport } from './install-report.ts';
import { sayFinding, sayPassed } from './install-words.ts';
import type { Io } from './io.ts';

interface CheckInstallFlags {
  readonly kubeconfig?: string;
  readonly inCluster?: true;
  readonly config?: string[];
  readonly service: string;
  readonly namespace?: string;
  readonly failOn: 'error' | 'warn' | 'never';
  readonly format: 'text' | 'json';
  readonly lang?: Language;
}

export function checkInstallCommand(io: Io, done: (code: ExitCode) => void): Command {
  return new Command('check-install')
    .description('say whether the API server asks the webhook about what it should, and gets an answer')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig (default: as kubectl)')
    .option('--in-cluster', 'the cluster that this pod runs in')
    .option('--config <file>', 'the GuardrailSet that the webhook serves (repeatable)', repeated)
    .option('--service <namespace/name>', 'the Service, where no registration names it', 'sekisho-system/sekisho')
    .option('--namespace <name>', 'where to try with a dry run (default: one that is judged)')
    .addOption(
      oneOf('--fail-on <severity>', 'exit with 1 at or above this', ['error', 'warn', 'never']).default('error'),
    )
    .addOption(oneOf('--format <format>', 'form of the output', ['text', 'json']).default('text'))
    .addOption(oneOf('--lang <language>', 'language of the output', ['en', 'ja']))
    .action(async (flags: CheckInstallFlags) => {
      const report = await look(flags, io);
      const language = languageOf(flags, io);
      io.out(flags.format === 'json' ? json(report, language) : text(report, language));
      done(codeOf(report, flags.failOn));
    });
}

async function look(flags: CheckInstallFlags, io: Io): Promise<InstallReport> {
  const { kubeconfig, inCluster, namespace } = flags;
  if (kubeconfig !== undefined && inCluster === true)
    throw new UsageProblem('give --kubeconfig or --in-cluster, and not both');
  const [of, name, ...more] = flags.service.split('/');
  if (!of || !name || more.length > 0)
    throw new UsageProblem(`--service is NAMESPACE/NAME, and not ${JSON.stringify(flags.service)}`);
  const set = await readConfiguration(flags, io, io.now());
  // Speaking with a cluster costs a client that the other commands do not need.
  const { lookAtInstall } = await import('./install-look.ts');
  return lookAtInstall({
    cluster: inCluster === true ? { inCluster } : kubeconfig === undefined ? {} : { kubeconfig },
    set,
    service: { namespace: of, name },
    namespace,
    now: io.now(),
  });
}

/** What is wrong counts before what is not known, and that before all being well. */
function codeOf({ findings }: InstallReport, failOn: CheckInstallFlags['failOn']): ExitCode {
  if (failOn === 'never') return exitCode.judged;
  const failing = findings.some(({ severity }) => severity === 'error' || (failOn === 'warn' && severity === 'warn'));
  if (failing) return exitCode.findings;
  return findings.some(({ severity }) => severity === 'unknown') ? exitCode.notJudged : exitCode.judged;
}

const words = {
  en: {
    'let-through': 'while nobody answers, these go through unjudged',
    refused: 'while nobody answers, these are refused',
    namespaces: (asked: number, leftOut: number) => `in ${asked} namespaces; not in ${leftOut}`,
    conditions: 'only where',
    fix: 'Fix',
    ok: 'ok',
    error: 'error',
    warn: 'warning',
    unknown: 'not known',
  },
  ja: {
    'let-through': '応答がない間は、判定されずに通ります',
    refused: '応答がない間は、拒否されます',
    namespaces: (asked: number, leftOut: number) => `対象の名前空間 ${asked}、対象外 ${leftOut}`,
    conditions: '条件',
    fix: '対処',
    ok: '正常',
    error: 'エラー',
    warn: '警告',
    unknown: '不明',
  },
} as const satisfies Record<Language, unknown>;

function text({ server, entries, passed, findings }: InstallReport, language: Language): string {
  const spoken = words[language];
  const lines = [plainLine(server), ...entries.flatMap((entry) => entryLines(entry, language)), ''];
  for (const one of passed) lines.push(`${spoken.ok}: ${plainLine(sayPassed(one, language))}`);
  for (const finding of findings) {
    const { message, fix } = sayFinding(finding, language);
    lines.push(
      `${spoken[finding.severity]}: ${plainLine(message)} [${keyOf(finding)}]`,
      `  ${spoken.fix}: ${plainLine(fix)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function entryLines(entry: EntryReport, language: Language): readonly string[] {
  const { name, requests, failurePolicy, whenDown, namespaces, conditions } = entry;
  const spoken = words[language];
  const lines = ['', `${name} (${failurePolicy}: ${spoken[whenDown]})`, ...requests.map((one) => `  ${one}`)];
  if (namespaces !== undefined) {
    const { asked, leftOut } = namespaces;
    const names = leftOut.length === 0 ? '' : `: ${leftOut.join(', ')}`;
    lines.push(`  ${spoken.namespaces(asked, leftOut.length)}${names}`);
  }
  if (conditions.length > 0) lines.push(`  ${spoken.conditions} ${conditions.join(', ')}`);
  return lines.map(plainLine);
}

function keyOf(finding: InstallReport['findings'][number]): string {
  return finding.key === 'certificate' ? `certificate/${finding.finding.key}` : finding.key;
}

function json({ server, entries, passed, findings }: InstallReport, language: Language): string {
  const report = {
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'InstallReport',
    server,
    entries: entries.map((one) => ({ ...one, namespaces: one.namespaces ?? null })),
    passed: passed.map((one) => ({ ...one, message: sayPassed(one, language) })),
    findings: findings.map((one) => ({ ...one, key: keyOf(one), ...sayFinding(one, language) })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
