import type { Language } from '../engine/words/language.ts';
import { type Said, say as sayOfCertificate } from './certs-words.ts';
import type { InstallFinding, Passed } from './install-report.ts';

const some = 6;

function list(all: readonly string[]): string {
  const more = all.length - some;
  return more > 0 ? `${all.slice(0, some).join(', ')} (+${more})` : all.join(', ');
}

export function sayFinding(finding: InstallFinding, language: Language): Said {
  return language === 'ja' ? japanese(finding) : english(finding);
}

const again = {
  en: 'apply deploy/registration anew, or what sekisho manifests prints',
  ja: 'deploy/registration、または sekisho manifests の出力を適用し直してください',
} as const;

function english(finding: InstallFinding): Said {
  switch (finding.key) {
    case 'no-registration':
      return {
        message: 'there is no ValidatingWebhookConfiguration sekisho: nobody asks the webhook, and nothing is judged',
        fix: 'apply deploy/registration, or what sekisho manifests prints',
      };
    case 'entry-missing':
      return { message: `the registration lacks the entry ${finding.entry}`, fix: again.en };
    case 'entry-unknown':
      return {
        message: `the registration has an entry that this version does not know: ${finding.entry}`,
        fix: 'take it away, or use the version of sekisho that made it',
      };
    case 'not-asked':
      return {
        message: `${finding.entry} does not ask about ${list(finding.requests)}: these go through unjudged`,
        fix: again.en,
      };
    case 'asked-in-vain':
      return {
        message: `${finding.entry} asks about ${list(finding.requests)}, which nobody judges${finding.severity === 'error' ? '; while nobody answers, all of these are refused' : ''}`,
        fix: again.en,
      };
    case 'namespaces-left-out':
      return {
        message: `${finding.entry} does not ask about the namespaces ${list(finding.namespaces)}, which the configuration does not exclude`,
        fix: 'name them in namespaces.exclude of the configuration and give it by --config, or apply the registration anew',
      };
    case 'namespaces-asked-in-vain':
      return {
        message: `${finding.entry} asks about the namespaces ${list(finding.namespaces)}, which are never judged`,
        fix: `${again.en}, with --config if the configuration excludes others than usual`,
      };
    case 'own-namespace-waits':
      return {
        message: `with ${finding.entry} policies of ${finding.namespace} wait for the webhook that runs there: it could not be mended while it is down`,
        fix: again.en,
      };
    case 'object-selector':
      return {
        message: `${finding.entry} has an objectSelector: whoever may label a policy can take it out of sight`,
        fix: again.en,
      };
    case 'fails-closed':
      return {
        message: `${finding.entry} fails closed: while nobody answers, not even a policy that cuts the webhook off could be taken away`,
        fix: 'set failurePolicy: Ignore there; only policies.sekisho.dev may have Fail',
      };
    case 'field-differs':
      return {
        message: `${finding.entry} has ${finding.field} ${finding.found || 'unset'}, and this version would write ${finding.wanted || 'nothing'}`,
        fix: again.en,
      };
    case 'certificate': {
      const { message, fix } = sayOfCertificate(finding.finding, 'en');
      return { message: `${list(finding.entries)}: ${message}`, fix };
    }
    case 'no-service':
      return { message: `there is no Service ${finding.service}`, fix: 'apply deploy/, or correct the registration' };
    case 'no-endpoints':
      return {
        message: `no pod behind the Service ${finding.service} is ready: nobody answers`,
        fix: 'see kubectl describe pods, and /readyz?verbose on their port 9090',
      };
    case 'one-endpoint':
      return {
        message: `only one pod behind the Service ${finding.service} is ready: while it restarts nobody answers`,
        fix: 'run two',
      };
    case 'not-reached':
      return {
        message: `a dry run in namespace ${finding.namespace} went through without the webhook having been asked, or without its answer being believed`,
        fix: 'see the other findings; the log of the API server says why a call failed',
      };
    case 'call-failed':
      return {
        message: `the API server could not ask the webhook: ${finding.reason}`,
        fix: 'see the other findings: certificate, Service, NetworkPolicy; else the way from the API server to the pods',
      };
    case 'probe-refused':
      return {
        message: `whether the webhook is reached is not known, since the dry run was refused: ${finding.reason}`,
        fix: 'choose another namespace by --namespace',
      };
    case 'no-judged-namespace':
      return {
        message: 'whether the webhook is reached is not known, since there is no namespace that it is asked about',
        fix: 'choose one by --namespace',
      };
    case 'cut-off':
      return {
        message: `policies keep the API server from the webhook: ${list(finding.calls)} (${list(finding.policies)})`,
        fix: 'apply deploy/base/network-policy.yaml, or let the port of the webhook in',
      };
    case 'way-unknown':
      return {
        message: {
          'no-pods': 'whether policies keep the API server from the webhook is not known: it has no pods',
          'work-cap':
            'whether policies keep the API server from the webhook is not known: too many policies select its pods',
          undecided: `whether policies keep the API server from the webhook depends on where it calls from: ${list(finding.policies)}`,
        }[finding.because],
        fix: 'name its addresses in cluster.apiServers of the configuration, and give that by --config',
      };
    case 'missing-right':
      return {
        message: `may not ${finding.verb}, so what depends on it is not known`,
        fix: `add to a role of the user who asks the rule ${finding.rule}`,
      };
    case 'not-answered':
      return {
        message: `nothing is known of ${finding.what}: ${finding.reason}`,
        fix: 'try again when it can be asked',
      };
  }
}

function japanese(finding: InstallFinding): Said {
  switch (finding.key) {
    case 'no-registration':
      return {
        message: 'ValidatingWebhookConfiguration sekisho がないため、Webhook は呼び出されず、何も判定されません',
        fix: 'deploy/registration、または sekisho manifests の出力を適用してください',
      };
    case 'entry-missing':
      return { message: `登録にエントリー ${finding.entry} がありません`, fix: again.ja };
    case 'entry-unknown':
      return {
        message: `このバージョンの知らないエントリーが登録にあります: ${finding.entry}`,
        fix: '削除するか、それを作成したバージョンの sekisho を使ってください',
      };
    case 'not-asked':
      return {
        message: `${finding.entry} は ${list(finding.requests)} を問い合わせないため、判定されずに通ります`,
        fix: again.ja,
      };
    case 'asked-in-vain':
      return {
        message: `${finding.entry} は判定されない ${list(finding.requests)} を問い合わせます${finding.severity === 'error' ? '。応答がない間、これらはすべて拒否されます' : ''}`,
        fix: again.ja,
      };
    case 'namespaces-left-out':
      return {
        message: `${finding.entry} は名前空間 ${list(finding.namespaces)} を問い合わせませんが、設定では除外されていません`,
        fix: '設定の namespaces.exclude に加えて --config で指定するか、登録を適用し直してください',
      };
    case 'namespaces-asked-in-vain':
      return {
        message: `${finding.entry} は判定されない名前空間 ${list(finding.namespaces)} を問い合わせます`,
        fix: `${again.ja} (除外が既定と異なるときは --config を付けます)`,
      };
    case 'own-namespace-waits':
      return {
        message: `${finding.entry} では、名前空間 ${finding.namespace} のポリシーが、そこで動く Webhook の応答を待ちます。停止中は修復できません`,
        fix: again.ja,
      };
    case 'object-selector':
      return {
        message: `${finding.entry} に objectSelector があります。ポリシーにラベルを付けられる人は誰でも判定を逃れられます`,
        fix: again.ja,
      };
    case 'fails-closed':
      return {
        message: `${finding.entry} の failurePolicy が Fail です。応答がない間は、Webhook への接続を断つポリシーさえ削除できません`,
        fix: 'failurePolicy: Ignore にしてください。Fail にできるのは policies.sekisho.dev だけです',
      };
    case 'field-differs':
      return {
        message: `${finding.entry} の ${finding.field} は ${finding.found || '未設定'} ですが、このバージョンでは ${finding.wanted || 'なし'} です`,
        fix: again.ja,
      };
    case 'certificate': {
      const { message, fix } = sayOfCertificate(finding.finding, 'ja');
      return { message: `${list(finding.entries)}: ${message}`, fix };
    }
    case 'no-service':
      return {
        message: `Service ${finding.service} がありません`,
        fix: 'deploy/ を適用するか、登録を修正してください',
      };
    case 'no-endpoints':
      return {
        message: `Service ${finding.service} に準備のできた Pod がなく、応答できません`,
        fix: 'kubectl describe pods と、Pod のポート 9090 の /readyz?verbose を確かめてください',
      };
    case 'one-endpoint':
      return {
        message: `Service ${finding.service} の準備のできた Pod は 1 つだけです。再起動中は応答できません`,
        fix: '2 つにしてください',
      };
    case 'not-reached':
      return {
        message: `名前空間 ${finding.namespace} でのドライランが、Webhook に問い合わせずに、または応答が信用されずに通りました`,
        fix: 'ほかの結果を確かめてください。呼び出しが失敗した理由は API サーバーのログにあります',
      };
    case 'call-failed':
      return {
        message: `API サーバーが Webhook を呼び出せませんでした: ${finding.reason}`,
        fix: 'ほかの結果 (証明書、Service、NetworkPolicy) を確かめてください。問題がなければ API サーバーから Pod までの経路です',
      };
    case 'probe-refused':
      return {
        message: `ドライランが拒否されたため、Webhook に届くかどうかは不明です: ${finding.reason}`,
        fix: '--namespace で別の名前空間を指定してください',
      };
    case 'no-judged-namespace':
      return {
        message: '問い合わせの対象となる名前空間がないため、Webhook に届くかどうかは不明です',
        fix: '--namespace で指定してください',
      };
    case 'cut-off':
      return {
        message: `ポリシーが API サーバーから Webhook への接続を断っています: ${list(finding.calls)} (${list(finding.policies)})`,
        fix: 'deploy/base/network-policy.yaml を適用するか、Webhook のポートを許可してください',
      };
    case 'way-unknown':
      return {
        message: {
          'no-pods': 'Webhook の Pod がないため、ポリシーが API サーバーからの接続を断っているかどうかは不明です',
          'work-cap': 'Pod を選択するポリシーが多すぎるため、API サーバーからの接続を断っているかどうかは不明です',
          undecided: `API サーバーから Webhook に接続できるかどうかは、接続元のアドレスによります: ${list(finding.policies)}`,
        }[finding.because],
        fix: '設定の cluster.apiServers に API サーバーのアドレスを書き、--config で指定してください',
      };
    case 'missing-right':
      return {
        message: `権限がない (${finding.verb}) ため、これに関わることは不明です`,
        fix: `実行するユーザーのロールに次の規則を加えてください: ${finding.rule}`,
      };
    case 'not-answered':
      return {
        message: `${finding.what} については不明です: ${finding.reason}`,
        fix: '問い合わせられるようになってから、もう一度実行してください',
      };
  }
}

export function sayPassed(passed: Passed, language: Language): string {
  const ja = language === 'ja';
  switch (passed.check) {
    case 'registration':
      return ja ? '登録はこのバージョンのものと一致します' : 'the registration is what this version would register';
    case 'ca-bundle':
      if (passed.seen)
        return ja ? '証明書は caBundle と一致します' : 'the certificate that is served fits the caBundle';
      return ja ? 'caBundle に有効な認証局があります' : 'the caBundle holds an authority that is valid';
    case 'endpoints':
      return ja ? `準備のできた Pod: ${passed.ready}` : `${passed.ready} pods behind the Service are ready`;
    case 'reached': {
      const { namespace, address } = passed;
      const from = address === undefined ? '' : ja ? ` (接続元 ${address})` : `, called from ${address}`;
      return ja
        ? `名前空間 ${namespace} でのドライランが Webhook に届きました${from}`
        : `a dry run in namespace ${namespace} reached the webhook${from}`;
    }
    case 'way': {
      const { policies } = passed;
      if (policies.length === 0)
        return ja ? 'Webhook の Pod を隔離するポリシーはありません' : 'no policy isolates the pods of the webhook';
      return ja
        ? `ポリシーは API サーバーからの接続を許可しています: ${list(policies)}`
        : `policies let the API server in: ${list(policies)}`;
    }
  }
}
