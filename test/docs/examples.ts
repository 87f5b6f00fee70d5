import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A command that a page shows, and what the page says that it prints; a line `…` stands for any lines. */
export interface ShownCommand {
  readonly line: string;
  readonly shown: readonly string[];
}

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm;

const isConfiguration = (text: string): boolean => text.includes('sekisho.dev/');

/** Writes the manifests whose introduction names a file, and gives the names. Configurations would change the rest. */
export async function writeFiles(page: string, folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  for (const block of page.matchAll(fence)) {
    const before = page.slice(0, block.index).trimEnd().split('\n').at(-1) ?? '';
    const name = /`([\w.-]+\.yaml)`/.exec(before)?.[1];
    const [, language, text = ''] = block;
    if (language !== 'yaml' || name === undefined || isConfiguration(text)) continue;
    await writeFile(join(folder, name), text);
    names.push(name);
  }
  return names;
}

/** The YAML blocks that are configurations. */
export function configurations(page: string): readonly string[] {
  return [...page.matchAll(fence)].flatMap(([, language, text = '']) =>
    language === 'yaml' && isConfiguration(text) ? [text] : [],
  );
}

/** The commands of Sekisho in the console blocks of a page. */
export function shownCommands(page: string): readonly ShownCommand[] {
  return [...page.matchAll(fence)].flatMap(([, language, text = '']) => {
    if (language !== 'console') return [];
    const parts = text.trimEnd().split(/^\$ /m).slice(1);
    return parts.flatMap((part) => {
      const [line = '', ...shown] = part.trimEnd().split('\n');
      return line.startsWith('sekisho ') ? [{ line, shown }] : [];
    });
  });
}

/** The targets of the links of a page that lead to files of the repository, without what stands behind `#`. */
export function localLinks(page: string): readonly string[] {
  const targets = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '');
}

export async function readPage(root: string, file: string): Promise<string> {
  return readFile(join(root, file), 'utf8');
}
