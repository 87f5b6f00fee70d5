import { type FileHandle, open } from 'node:fs/promises';
import type { Language } from '../engine/words/language.ts';
import { type Entry, readDocuments, unreadableFile } from './documents.ts';
import { decodeText } from './encoding.ts';
import { type FoundFile, findFiles, type PathProblem, whyNot } from './walk.ts';

/** The largest file that is read, in bytes; a JavaScript string could hold little more. */
const maxBytes = 256 * 1024 * 1024;

export interface SourceOptions {
  /** Of the sentences that say what could not be read; English where it is left out. */
  readonly language?: Language | undefined;
  /** Gives the whole of standard input, for the path `-`. */
  readonly stdin?: () => Promise<Uint8Array> | Uint8Array;
}

export interface SourcesReading {
  /** What was read, in the order of the paths, of the files in each and of the documents in each file. */
  readonly entries: readonly Entry[];
  /** How many files were read, standard input included. */
  readonly files: number;
  /** Paths that could not be read at all. */
  readonly problems: readonly PathProblem[];
}

/**
 * Reads the objects of files, folders (all .yaml, .yml and .json files below) and standard input (`-`). A file that
 * several paths lead to is read once, where it comes first.
 */
export async function readSources(paths: readonly string[], options: SourceOptions = {}): Promise<SourcesReading> {
  const { language = 'en' } = options;
  const entries: Entry[] = [];
  const problems: PathProblem[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    const walk = path === '-' ? { files: [{ path: '-', real: '-' }], problems: [] } : await findFiles(path, language);
    problems.push(...walk.problems);
    for (const file of walk.files) {
      if (seen.has(file.real)) continue;
      seen.add(file.real);
      const bytes = await bytesOf(file, options, language);
      if (typeof bytes === 'string') {
        problems.push({ path: file.path, message: bytes });
        seen.delete(file.real);
        continue;
      }
      const { text, fault } = decodeText(bytes);
      const reading = fault === undefined ? readDocuments(file.path, text) : unreadableFile(file.path, text, fault);
      for (const entry of reading.entries) entries.push(entry);
    }
  }
  return { entries, files: seen.size, problems };
}

/** The content, or the sentence that says why there is none. */
async function bytesOf(file: FoundFile, { stdin }: SourceOptions, language: Language): Promise<Uint8Array | string> {
  const ja = language === 'ja';
  try {
    if (file.path !== '-') return (await readWhole(file.path)) ?? tooLarge(JSON.stringify(file.path), language);
    if (stdin === undefined) return ja ? 'ここでは標準入力を読み取れません' : 'standard input cannot be read here';
    const bytes = await stdin();
    return bytes.length > maxBytes ? tooLarge(ja ? '標準入力' : 'standard input', language) : bytes;
  } catch (error) {
    if (file.path !== '-') return whyNot(error, file.path, language);
    return ja ? '標準入力を読み取れません' : 'standard input cannot be read';
  }
}

/** Undefined where it is too large. */
async function readWhole(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path);
  try {
    const status = await file.stat();
    if (!status.isFile()) return await readPieces(file);
    return status.size > maxBytes ? undefined : await file.readFile();
  } finally {
    await file.close();
  }
}

/** A device or pipe does not say how much is to come. */
async function readPieces(file: FileHandle): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  for (let size = 0; size <= maxBytes; ) {
    const piece = new Uint8Array(1024 * 1024);
    const { bytesRead } = await file.read(piece);
    if (bytesRead === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, bytesRead));
    size += bytesRead;
  }
  return undefined;
}

function tooLarge(name: string, language: Language): string {
  const most = maxBytes / 1024 / 1024;
  return language === 'ja' ? `${name} が ${most} MiB を超えています` : `${name} is larger than ${most} MiB`;
}
