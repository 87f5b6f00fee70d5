import { buffer } from 'node:stream/consumers';

/** All that a command may touch of the process it runs in. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  stdin(): Promise<Buffer>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly outIsTerminal: boolean;
  now(): number;
}

export const processIo: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: () => buffer(process.stdin),
  env: process.env,
  cwd: process.cwd(),
  outIsTerminal: process.stdout.isTTY === true,
  now: () => Date.now(),
};
