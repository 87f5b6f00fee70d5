/** A lock between processes, for work that should be done by one of them only. */

import { open, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const retryMilliseconds = 500;
const renewalMilliseconds = 5_000;
/** Nobody holds a lock that was not renewed for so long. Long enough for a holder that gets no processor time. */
const staleMilliseconds = 60_000;

/**
 * Does the work while this process alone holds the lock file.
 *
 * The holder renews the time of the file; a file that is not renewed any more is taken over. Two processes that take
 * over at the same instant could both get the lock, so the work must be harmless if done twice.
 */
export async function withFileLock<T>(
  file: string,
  log: (message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  await acquire(file, log);
  const renewal = setInterval(() => {
    // A lock that somebody else took over or removed is no reason to stop half-way.
    utimes(file, new Date(), new Date()).catch(() => undefined);
  }, renewalMilliseconds);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await rm(file, { force: true });
  }
}

async function acquire(file: string, log: (message: string) => void): Promise<void> {
  let waiting = false;
  while (!(await create(file))) {
    if (await isStale(file)) {
      await discard(file);
      continue;
    }
    if (!waiting) log(`Waiting for another process which holds ${file}.`);
    waiting = true;
    await delay(retryMilliseconds);
  }
}

async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.close();
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  // Who looks at a lock wants to know whose it is.
  await writeFile(file, `${process.pid}\n`);
  return true;
}

async function isStale(file: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(file)).mtimeMs > staleMilliseconds;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function discard(file: string): Promise<void> {
  const discarded = `${file}.stale-${process.pid}`;
  try {
    await rename(file, discarded);
    await rm(discarded, { force: true });
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
