import type { CertificateFinding, Subject } from '../certs/inspect.ts';
import type { Language } from '../engine/words/language.ts';

/** What is wrong, and what to do about it. */
export interface Said {
  readonly message: string;
  readonly fix: string;
}

const time = (at: number): string => new Date(at).toISOString();

export function say(finding: CertificateFinding, language: Language): Said {
  return language === 'ja' ? japanese(finding) : english(finding);
}

function english(finding: CertificateFinding): Said {
  const the: Record<Subject, string> = { certificate: 'the certificate', authority: 'the authority' };
  switch (finding.key) {
    case 'no-certificate':
      return { message: 'there is no PEM certificate', fix: 'give a certificate that begins with BEGIN CERTIFICATE' };
    case 'no-key':
      return {
        message: 'the key is no PEM private key without a passphrase',
        fix: 'give the key in PKCS #8, unencrypted',
      };
    case 'key-mismatch':
      return {
        message: 'the key does not belong to the certificate',
        fix: 'put the pair that was issued together into tls.crt and tls.key, the certificate of the server first',
      };
    case 'empty-bundle':
      return {
        message: 'the bundle holds no certificate',
        fix: 'put the authority that signed the certificate into it',
      };
    case 'not-in-bundle':
      return {
        message: `the bundle does not hold the authority that signed the certificate (${finding.issuer})`,
        fix: 'add that authority to the bundle (caBundle), or issue the certificate by one that is in it',
      };
    case 'wrong-host':
      return {
        message: `the certificate is not for ${finding.host}, only for ${finding.names.join(', ') || 'nothing'}`,
        fix: `issue it with ${finding.host} among its alternative names (SAN)`,
      };
    case 'expired':
      return { message: `${the[finding.what]} expired at ${time(finding.at)}`, fix: 'issue a new one' };
    case 'not-yet-valid':
      return {
        message: `${the[finding.what]} is not valid before ${time(finding.at)}`,
        fix: 'check the clocks of this machine and of the one that issued it, and issue it again',
      };
    case 'expires-soon':
      return {
        message: `${the[finding.what]} expires at ${time(finding.at)}, and should have been renewed by now`,
        fix: 'look why it was not renewed: in the log of the webhook, or at whoever issues it',
      };
    case 'secret-unusable':
      return {
        message: `of the Secret, ${finding.problem}`,
        fix: 'nothing, if a replica runs with --certs: it makes a new authority within seconds; else start one',
      };
    case 'not-registered':
      return {
        message: 'there is no ValidatingWebhookConfiguration sekisho: nobody asks the webhook',
        fix: 'apply deploy/registration, or what sekisho manifests prints',
      };
    case 'entry-lacks':
      return {
        message: `the caBundle of ${finding.entry} does not hold the authority that signs`,
        fix: 'nothing, if a replica runs with --certs: it puts it back within seconds; else read its log',
      };
  }
}

function japanese(finding: CertificateFinding): Said {
  const the: Record<Subject, string> = { certificate: '証明書', authority: '認証局の証明書' };
  switch (finding.key) {
    case 'no-certificate':
      return { message: 'PEM 形式の証明書がありません', fix: 'BEGIN CERTIFICATE で始まる証明書を指定してください' };
    case 'no-key':
      return {
        message: '鍵がパスフレーズなしの PEM 秘密鍵ではありません',
        fix: '暗号化されていない PKCS #8 の鍵を指定してください',
      };
    case 'key-mismatch':
      return {
        message: '鍵が証明書と対になっていません',
        fix: '一緒に発行された対を tls.crt と tls.key に置いてください (サーバーの証明書を先頭に)',
      };
    case 'empty-bundle':
      return { message: 'バンドルに証明書がありません', fix: '証明書に署名した認証局を入れてください' };
    case 'not-in-bundle':
      return {
        message: `証明書に署名した認証局 (${finding.issuer}) がバンドルにありません`,
        fix: 'その認証局をバンドル (caBundle) に加えるか、バンドルにある認証局で証明書を発行してください',
      };
    case 'wrong-host':
      return {
        message: `証明書は ${finding.host} 用ではありません。対象: ${finding.names.join(', ') || 'なし'}`,
        fix: `代替名 (SAN) に ${finding.host} を含めて発行してください`,
      };
    case 'expired':
      return {
        message: `${the[finding.what]}は ${time(finding.at)} に失効しました`,
        fix: '新しいものを発行してください',
      };
    case 'not-yet-valid':
      return {
        message: `${the[finding.what]}は ${time(finding.at)} まで有効になりません`,
        fix: 'このマシンと発行したマシンの時計を確かめ、発行し直してください',
      };
    case 'expires-soon':
      return {
        message: `${the[finding.what]}は ${time(finding.at)} に失効します。すでに更新されているはずの時期です`,
        fix: '更新されなかった理由を、Webhook のログまたは発行元で調べてください',
      };
    case 'secret-unusable':
      return {
        message: `Secret の内容を使えません (${finding.problem})`,
        fix: '--certs で動くレプリカがあれば、数秒で新しい認証局を作ります。なければ起動してください',
      };
    case 'not-registered':
      return {
        message: 'ValidatingWebhookConfiguration sekisho がないため、Webhook は呼び出されません',
        fix: 'deploy/registration、または sekisho manifests の出力を適用してください',
      };
    case 'entry-lacks':
      return {
        message: `${finding.entry} の caBundle に、署名する認証局がありません`,
        fix: '--certs で動くレプリカがあれば数秒で戻ります。戻らない場合はそのログを確かめてください',
      };
  }
}
