import { Command } from 'commander';
import { plainLine } from '../engine/render/plain.ts';
import type { Language } from '../engine/words/language.ts';
import { look } from './certs-look.ts';
import type { CertificateReport, CertsFlags } from './certs-report.ts';
import { say } from './certs-words.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { languageOf, oneOf, repeated } from './file-flags.ts';
import type { Io } from './io.ts';

export function certsCommand(io: Io, done: (code: ExitCode) => void): Command {
  return new Command('certs')
    .description('say what is wrong with a certificate, and what to do')
    .argument('<where>', 'a folder with tls.crt and tls.key, secret:NAMESPACE/NAME, or HOST:PORT of a running server')
    .option('--ca <file>', 'the authorities that clients believe; else ca.crt, or the caBundle that is registered')
    .option('--host <host>', 'a name or address that the certificate must be for (repeatable)', repeated, [])
    .option('--service <namespace/name>', 'the Service in front of the webhook, whose name it must be for')
    .option('--kubeconfig <file>', 'the cluster of the Secret and of the registration')
    .option('--in-cluster', 'that cluster is the one that this pod runs in')
    .addOption(
      oneOf('--fail-on <severity>', 'exit with 1 at or above this', ['error', 'warn', 'never']).default('error'),
    )
    .addOption(oneOf('--format <format>', 'form of the output', ['text', 'json']).default('text'))
    .addOption(oneOf('--lang <language>', 'language of the output', ['en', 'ja']))
    .action(async (where: string, flags: CertsFlags) => {
      const report = await look(where, flags, io);
      const language = languageOf(flags, io);
      io.out(flags.format === 'json' ? json(report, language) : text(report, language));
      const failing = report.findings.some((one) => one.severity === 'error' || flags.failOn === 'warn');
      done(failing && flags.failOn !== 'never' ? exitCode.findings : exitCode.judged);
    });
}

const words = {
  en: {
    valid: 'valid',
    names: 'for',
    issuer: 'signed by',
    fix: 'Fix',
    error: 'error',
    warn: 'warning',
    good: 'nothing is wrong',
  },
  ja: {
    valid: '有効期間',
    names: '対象',
    issuer: '署名',
    fix: '対処',
    error: 'エラー',
    warn: '警告',
    good: '問題はありません',
  },
} as const satisfies Record<Language, unknown>;

function text({ source, certificate, findings }: CertificateReport, language: Language): string {
  const spoken = words[language];
  const lines = [plainLine(source)];
  if (certificate !== undefined) {
    const { names, issuer, notBefore, notAfter } = certificate;
    lines.push(
      `  ${spoken.names} ${plainLine(names.join(', '))}`,
      `  ${spoken.issuer} ${plainLine(issuer)}`,
      `  ${spoken.valid} ${new Date(notBefore).toISOString()} - ${new Date(notAfter).toISOString()}`,
    );
  }
  for (const finding of findings) {
    const { message, fix } = say(finding, language);
    lines.push(
      `${spoken[finding.severity]}: ${plainLine(message)} [${finding.key}]`,
      `  ${spoken.fix}: ${plainLine(fix)}`,
    );
  }
  if (findings.length === 0) lines.push(spoken.good);
  return `${lines.join('\n')}\n`;
}

function json({ source, certificate, findings }: CertificateReport, language: Language): string {
  const report = {
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'CertificateReport',
    source,
    certificate:
      certificate === undefined
        ? null
        : {
            ...certificate,
            notBefore: new Date(certificate.notBefore).toISOString(),
            notAfter: new Date(certificate.notAfter).toISOString(),
          },
    findings: findings.map((one) => ({ key: one.key, severity: one.severity, ...say(one, language) })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
