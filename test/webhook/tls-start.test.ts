import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StartProblem } from '../../src/webhook/start-problem.ts';
import { issued, send, serve } from './listening.ts';
import { expired, filesIn, newFolder, other, put } from './pair-files.ts';

describe('at the start', () => {
  test.each<[string, (folder: string) => Promise<void>, string]>([
    ['no certificate', async () => undefined, 'the TLS certificate file FOLDER/tls.crt does not exist'],
    [
      'no key',
      (folder) => writeFile(join(folder, 'tls.crt'), issued.cert),
      'the TLS key file FOLDER/tls.key does not exist',
    ],
    [
      'a folder',
      async (folder) => void (await mkdir(join(folder, 'tls.crt'))),
      'the TLS certificate file FOLDER/tls.crt is not a file',
    ],
    [
      'a huge file',
      (folder) => writeFile(join(folder, 'tls.crt'), 'x'.repeat(1_048_577)),
      'the TLS certificate file FOLDER/tls.crt is larger than 1 MiB',
    ],
    [
      'garbage',
      (folder) => put(folder, { cert: 'x', key: 'x' }),
      'the TLS certificate is not a PEM certificate (certificate FOLDER/tls.crt, key FOLDER/tls.key)',
    ],
    [
      'a key for a certificate',
      (folder) => put(folder, { cert: issued.key, key: issued.key }),
      'the TLS certificate is not a PEM certificate (certificate FOLDER/tls.crt, key FOLDER/tls.key)',
    ],
    [
      'a certificate for a key',
      (folder) => put(folder, { cert: issued.cert, key: issued.cert }),
      'the TLS key is not a PEM private key (certificate FOLDER/tls.crt, key FOLDER/tls.key)',
    ],
    [
      'an encrypted key',
      (folder) =>
        put(folder, {
          cert: issued.cert,
          key: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n',
        }),
      'the TLS key is encrypted; give one without a passphrase (certificate FOLDER/tls.crt, key FOLDER/tls.key)',
    ],
    [
      'a foreign key',
      (folder) => put(folder, { cert: issued.cert, key: other.key }),
      'the TLS key does not belong to the (first) TLS certificate (certificate FOLDER/tls.crt, key FOLDER/tls.key)',
    ],
    [
      'an expired one',
      (folder) => put(folder, expired),
      'the TLS certificate expired at 2020-01-06T00:00:00.000Z (certificate FOLDER/tls.crt, key FOLDER/tls.key)',
    ],
  ])('%s is one sentence', async (_name, prepare, sentence) => {
    const folder = await newFolder();
    await prepare(folder);
    const problem: unknown = await serve({ tls: { files: filesIn(folder) } }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(problem).toBeInstanceOf(StartProblem);
    expect((problem as StartProblem).message).toBe(sentence.replaceAll('FOLDER', folder));
  });

  test('a chain is served whole', async () => {
    const folder = await newFolder();
    await put(folder, { cert: `${issued.cert}${issued.ca}`, key: issued.key });
    const { server } = await serve({ tls: { files: filesIn(folder) } });
    expect((await send(server, { body: '{}' })).status).toBe(200);
    expect(await readFile(join(folder, 'tls.crt'), 'utf8')).toContain(issued.ca);
  });
});
