/** A source of revisions for Flux: archives over HTTP, as source-controller would serve them. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeFiles } from './live.ts';

/** As the status of a GitRepository names it. */
export interface Artifact {
  readonly url: string;
  readonly digest: string;
  readonly revision: string;
  readonly path: string;
  readonly size: number;
  readonly lastUpdateTime: string;
}

export interface Artifacts {
  /** Archives the files as one revision. The same files are the same revision. */
  publish(files: Readonly<Record<string, string>>): Promise<Artifact>;
  stop(): Promise<void>;
}

export async function serveArtifacts(folder: string): Promise<Artifacts> {
  const archives = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const archive = archives.get(request.url ?? '');
    response.writeHead(archive === undefined ? 404 : 200).end(archive);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    publish: async (files) => {
      const commit = createHash('sha1').update(JSON.stringify(files)).digest('hex');
      const tree = join(folder, commit);
      await writeFiles(tree, files);
      await promisify(execFile)('tar', ['-czf', `${tree}.tar.gz`, '-C', tree, '.']);
      const archive = await readFile(`${tree}.tar.gz`);
      const path = `/${commit}.tar.gz`;
      archives.set(path, archive);
      return {
        url: `http://127.0.0.1:${port}${path}`,
        digest: `sha256:${createHash('sha256').update(archive).digest('hex')}`,
        revision: `main@sha1:${commit}`,
        path: path.slice(1),
        size: archive.length,
        lastUpdateTime: new Date().toISOString(),
      };
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
