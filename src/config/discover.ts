import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const fileName = 'sekisho.yaml';

/** Whether something of this path exists. */
export type Exists = (path: string) => Promise<boolean>;

const onDisk: Exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * The nearest `sekisho.yaml` from a folder upwards, not beyond the folder that holds `.git`. Outside of any repository
 * only the folder itself counts: what lies above it, in /tmp say, may be anybody's.
 */
export async function discoverConfiguration(start: string, exists: Exists = onDisk): Promise<string | undefined> {
  const first = resolve(start);
  let found: string | undefined;
  for (let folder = first; ; folder = dirname(folder)) {
    const candidate = join(folder, fileName);
    if (found === undefined && (await exists(candidate))) found = candidate;
    if (await exists(join(folder, '.git'))) return found;
    if (folder === dirname(folder)) return found === join(first, fileName) ? found : undefined;
  }
}
