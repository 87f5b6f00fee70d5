import type { FileFlags } from './file-flags.ts';

export interface CheckFlags extends FileFlags {
  readonly world: string[];
  readonly old: string[];
  readonly delete?: true;
  readonly user: string;
  readonly group: string[];
  readonly now?: string;
  readonly review?: true;
  readonly failOn: 'deny' | 'warn' | 'never';
  readonly allowEmpty?: true;
}
