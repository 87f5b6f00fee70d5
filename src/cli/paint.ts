import pico from 'picocolors';
import type { Paint } from '../engine/render/check-text.ts';
import { type FileFlags, usesColor } from './file-flags.ts';
import type { Io } from './io.ts';

export function paintFor(flags: FileFlags, io: Io): Paint {
  return pico.createColors(usesColor(flags, io));
}
