/** Speaks to a running lab over its documented HTTP endpoints. */
import type { Command } from 'commander';
import { API } from '#bus/api.ts';
import { ERRNO, type ErrnoName, LabError } from '#bus/errors.ts';

export interface LabOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** Adds the options every command takes that speaks to a running lab. */
export const withLab = (command: Command): Command =>
  command
    .option('--url <url>', 'the lab (or FERROLAB_URL)', process.env.FERROLAB_URL ?? 'http://127.0.0.1:8025')
    .option('--token <token>', 'access token (or FERROLAB_TOKEN)', process.env.FERROLAB_TOKEN)
    .option('--json', 'print JSON');

export class LabHttp {
  readonly #base: string;
  readonly #token: string | undefined;

  constructor({ url, token }: LabOptions) {
    this.#base = baseOf(url ?? 'http://127.0.0.1:8025');
    this.#token = token;
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path);
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.#call<T>('POST', path, body);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('PUT', path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('PATCH', path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.#call<T>('DELETE', path);
  }

  /** A file. */
  async getBytes(path: string): Promise<Uint8Array> {
    const response = await this.#fetch('GET', path, undefined);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw problem(response.status, await response.text(), `GET ${path}`);
  }

  /** Sends a file; the answer is JSON. */
  postBytes<T>(path: string, bytes: Uint8Array): Promise<T> {
    return this.#call<T>('POST', path, bytes);
  }

  /** An answer as it comes; aborting `signal` hangs up. */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch('GET', path, undefined, signal);
    if (response.ok && response.body !== null) return response.body;
    throw problem(response.status, await response.text(), `GET ${path}`);
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#fetch(method, path, body);
    const text = await response.text();
    if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
    throw problem(response.status, text, `${method} ${path}`);
  }

  async #fetch(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    try {
      return await fetch(`${this.#base}${API}${path}`, {
        method,
        ...(signal === undefined ? {} : { signal }),
        headers: {
          ...(body === undefined ? {} : { 'content-type': mediaTypeOf(body) }),
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        },
        ...(body === undefined ? {} : { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new LabError(
        'EIO',
        `no lab answers at ${this.#base}; start one with \`npm start\`, or name another with --url`,
        { cause },
      );
    }
  }
}

const mediaTypeOf = (body: unknown): string =>
  body instanceof Uint8Array ? 'application/octet-stream' : 'application/json';

const baseOf = (url: string): string => {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return new URL(url).href.replace(/\/$/, '');
  throw new LabError('EINVAL', `--url is '${url}'; it takes the address of a lab, as http://127.0.0.1:8025`);
};

/** An RFC 9457 problem as a LabError. */
const problem = (status: number, text: string, asked: string): LabError => {
  try {
    const { detail, title, code } = JSON.parse(text) as { detail?: string; title?: string; code?: string };
    const known: ErrnoName =
      code !== undefined && code in ERRNO ? (code as ErrnoName) : status >= 500 ? 'EIO' : 'EINVAL';
    return new LabError(known, detail ?? title ?? `${asked} was answered ${status}`);
  } catch {
    return new LabError('EPROTO', `${asked} was answered ${status} and no problem document; is this a Ferrolab lab?`);
  }
};
