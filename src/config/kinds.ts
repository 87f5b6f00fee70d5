import { z } from 'zod';
import { judgedResources } from '../engine/dialects/resources.ts';
import { groupKind } from '../engine/model/object.ts';
import { checked, fine, here } from './fault.ts';
import { nearest } from './nearest.ts';
import * as sentences from './sentences.ts';

const judged = ['Namespace', ...judgedResources.map(groupKind)];

/** Every kind that is judged, alone and with its group. */
const known: readonly string[] = [...new Set([...judged.map((name) => name.split('.')[0] ?? name), ...judged])];

/** The kind of an object that Sekisho judges. A mistyped one would never be met, so it is refused. */
export const kindOfObject = checked(z.string(), (kind) =>
  known.includes(kind) ? fine : here(sentences.unknownName('kind', kind, nearest(kind, known), [])),
).meta({ enum: [...known] });
