import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path/posix';
import type { Language } from '../engine/words/language.ts';

/** Something that could not be read, and why, in one sentence. */
export interface PathProblem {
  readonly path: string;
  readonly message: string;
}

/** A file to read: the name to show, and its real path, which is the same for every way to it. */
export interface FoundFile {
  readonly path: string;
  readonly real: string;
}

export interface Walk {
  readonly files: readonly FoundFile[];
  readonly problems: readonly PathProblem[];
}

const manifestName = /\.(?:ya?ml|json)$/i;

/**
 * The files that `path` names: itself if it is a file, whatever it is called; or every .yaml, .yml and .json file in the
 * folder and below, sorted by path. Folders that are hidden or called node_modules are left out below the one named.
 * Symbolic links are followed, and no folder or file is visited twice, so links that form a loop do no harm.
 */
export async function findFiles(path: string, language: Language = 'en'): Promise<Walk> {
  const start = await inspect(path, language);
  if ('message' in start) return { files: [], problems: [{ path, message: start.message }] };
  if (!start.folder) return { files: [{ path, real: start.real }], problems: [] };
  const files = new Map<string, string>();
  const problems: PathProblem[] = [];
  const visited = new Set<string>();
  const folders: FoundFile[] = [{ path, real: start.real }];
  const links: string[] = [];
  // Links wait until all that really lies here is known, so that a file keeps the name of its own place.
  for (;;) {
    const folder = folders.pop();
    if (folder !== undefined) {
      if (visited.has(folder.real)) continue;
      visited.add(folder.real);
      for (const entry of await entriesOf(folder, problems, language)) {
        const below = { path: join(folder.path, entry.name), real: join(folder.real, entry.name) };
        if (entry.isDirectory()) {
          if (isOpen(entry.name)) folders.push(below);
        } else if (entry.isSymbolicLink()) links.push(below.path);
        else if (entry.isFile() && manifestName.test(entry.name) && !files.has(below.real))
          files.set(below.real, below.path);
      }
      continue;
    }
    const link = links.sort(byCodeUnit).shift();
    if (link === undefined) break;
    const name = link.slice(link.lastIndexOf('/') + 1);
    const target = await inspect(link, language);
    if ('message' in target) {
      if (manifestName.test(name)) problems.push({ path: link, message: target.message });
    } else if (target.folder) {
      if (isOpen(name)) folders.push({ path: link, real: target.real });
    } else if (target.regular && manifestName.test(name) && !files.has(target.real)) files.set(target.real, link);
  }
  return {
    files: [...files].map(([real, name]) => ({ path: name, real })).sort((a, b) => byCodeUnit(a.path, b.path)),
    problems: problems.sort((a, b) => byCodeUnit(a.path, b.path)),
  };
}

/** Says in one sentence why the operating system did not give us something. */
export function whyNot(error: unknown, path: string, language: Language): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const name = JSON.stringify(path);
  const [en, ja] = reason(code, name);
  return language === 'ja' ? ja : en;
}

function reason(code: string, name: string): readonly [en: string, ja: string] {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return [`there is no file or folder ${name}`, `${name} というファイルやフォルダーはありません`];
    case 'EACCES':
    case 'EPERM':
      return [`you have no permission to read ${name}`, `${name} を読み取る権限がありません`];
    case 'ELOOP':
      return [`the symbolic link ${name} leads back to itself`, `シンボリックリンク ${name} が自分自身に戻っています`];
    case '':
      return [`${name} cannot be read`, `${name} を読み取れません`];
    default:
      return [`${name} cannot be read (${code})`, `${name} を読み取れません (${code})`];
  }
}

type Inspection = { readonly real: string; readonly folder: boolean; readonly regular: boolean } | { message: string };

async function inspect(path: string, language: Language): Promise<Inspection> {
  try {
    const status = await stat(path);
    // What is no plain file (a pipe such as /dev/fd/63) may have no path to resolve, and none it shares with another.
    const real = status.isFile() || status.isDirectory() ? await realpath(path) : path;
    return { real, folder: status.isDirectory(), regular: status.isFile() };
  } catch (error) {
    return { message: whyNot(error, path, language) };
  }
}

async function entriesOf(folder: FoundFile, problems: PathProblem[], language: Language): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder.path, { withFileTypes: true });
  } catch (error) {
    problems.push({ path: folder.path, message: whyNot(error, folder.path, language) });
    return [];
  }
}

function isOpen(folderName: string): boolean {
  return !folderName.startsWith('.') && folderName !== 'node_modules';
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
