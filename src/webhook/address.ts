import type { Server } from 'node:net';
import { isIPv4, isIPv6 } from 'node:net';
import { StartProblem } from './start-problem.ts';

/** Where a server listens. Without a host: on every address of the machine, IPv6 and IPv4. */
export interface Address {
  readonly host: string | undefined;
  readonly port: number;
}

const hostName = /^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?$/;

/**
 * Reads `HOST:PORT`, `[IPv6]:PORT` or `:PORT`; port 0 lets the system choose one.
 *
 * @param flag the flag that the text was given with, for the sentence of the problem
 * @throws StartProblem where the text is none of these
 */
export function readAddress(text: string, flag: string): Address {
  const colon = text.lastIndexOf(':');
  const port = readPort(text.slice(colon + 1));
  const host = colon < 0 ? undefined : readHost(text.slice(0, colon));
  if (port === undefined || host === undefined) {
    throw new StartProblem(
      `${flag} ${JSON.stringify(text.slice(0, 100))} is not an address to listen on; write HOST:PORT, [IPV6]:PORT or :PORT, such as 127.0.0.1:8443`,
    );
  }
  return { host: host === '' ? undefined : host, port };
}

function readPort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

function readHost(text: string): string | undefined {
  if (text === '' || isIPv4(text)) return text;
  if (text.startsWith('[') && text.endsWith(']')) {
    const inner = text.slice(1, -1);
    return isIPv6(inner) ? inner : undefined;
  }
  // Digits and dots that are no IPv4 address would be looked up as a name, or read as octal, by some resolvers.
  if (/^[\d.]+$/.test(text)) return undefined;
  return text.length <= 253 && hostName.test(text) ? text : undefined;
}

/** The address as part of a URL; every address of the machine is shown as `localhost`. */
export function showAddress(address: Address): string {
  const host = address.host ?? 'localhost';
  return `${isIPv6(host) ? `[${host}]` : host}:${address.port}`;
}

/**
 * Starts to listen, and gives the address with the port that was really taken.
 *
 * @throws StartProblem as one sentence with the way out
 */
export function listen(server: Server, address: Address, flag: string): Promise<Address> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      reject(new StartProblem(whyNot(error, address, flag)));
    };
    server.once('error', failed);
    server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) }, () => {
      server.off('error', failed);
      const taken = server.address();
      const port = taken !== null && typeof taken === 'object' ? taken.port : address.port;
      resolve({ host: address.host, port });
    });
  });
}

function whyNot(error: NodeJS.ErrnoException, { host, port }: Address, flag: string): string {
  const where = host === undefined ? '' : ` on ${host}`;
  const other = `choose another with ${flag}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port}${where} is already in use; ${other}`;
    case 'EACCES':
    case 'EPERM':
      return `port ${port}${where} may not be used by this user; ${other}, above 1023`;
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return `${host ?? 'no address'} is not an address of this machine; ${other}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host ${host ?? ''} of ${flag} has no address; ${other}`;
    default:
      return `cannot listen on port ${port}${where} (${error.code ?? error.message}); ${other}`;
  }
}
