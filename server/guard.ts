/** Who may talk to the lab: the page it serves itself and local tools; with a token, whoever has it. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LabError } from '#bus/errors.ts';

export const COOKIE = 'ferrolab_token';

export interface GuardOptions {
  /** The address listened on. */
  readonly host: string;
  readonly token?: string | undefined;
}

/** Names and addresses that mean this machine only. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/** EACCES unless the address is this machine's own or there is a token to ask for. */
export const checkListenAddress = ({ host, token }: GuardOptions): void => {
  if (!isLoopback(host) && (token === undefined || token === ''))
    throw new LabError(
      'EACCES',
      `listening on ${host} opens the lab to others: give a token (--token), or use 127.0.0.1`,
    );
};

/**
 * Throws EACCES for a request that a web page of another origin makes: by its Origin, by the browser's own fetch
 * metadata, or by a Host that is not ours (DNS rebinding; only names of this machine when bound to it).
 */
export const checkOrigin = (headers: IncomingHttpHeaders, { host }: GuardOptions, navigation = false): void => {
  const asked = headers.host ?? '';
  const name = hostnameOf(asked);
  if (isLoopback(host) && !isLoopback(name) && name !== host)
    throw new LabError('EACCES', `Host '${asked.slice(0, 80)}' is not this lab; it answers to 127.0.0.1 and localhost`);
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${asked}` && origin !== `https://${asked}`)
    throw new LabError('EACCES', `a page of ${origin.slice(0, 80)} may not use this lab; open ${asked} itself`);
  const site = headers['sec-fetch-site'];
  if ((site === 'cross-site' || site === 'same-site') && !navigation)
    throw new LabError('EACCES', `a page of another site may not use this lab; open ${asked} itself`);
};

/** True when no token is needed or the request carries it: `Authorization: Bearer`, the cookie, or `given`. */
export const hasToken = (headers: IncomingHttpHeaders, { token }: GuardOptions, given?: unknown): boolean => {
  if (token === undefined || token === '') return true;
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  return [bearer, cookieOf(headers.cookie ?? ''), given].some((one) => typeof one === 'string' && same(one, token));
};

/** The cookie that carries the token from then on. */
export const tokenCookie = (token: string): string =>
  `${COOKIE}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Strict`;

const hostnameOf = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

const cookieOf = (header: string): string | undefined => {
  for (const part of header.split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name !== COOKIE || value === undefined) continue;
    try {
      return decodeURIComponent(value);
    } catch {
      return undefined;
    }
  }
  return undefined;
};

/** Compares digests, so that time tells nothing of the token or its length. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
