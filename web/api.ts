/** Commands to the lab: everything the dashboard changes goes through here as HTTP. */
import {
  API,
  type CatalogueView,
  type DriverInfo,
  type ModuleView,
  type RegisterView,
  type RunView,
  type ScenarioView,
} from '#bus/api.ts';
import type { AttributeView } from '#regmap/attributes.ts';

/** An answer that is not 2xx, in the server's own words. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

type Settings = Readonly<Record<string, unknown>>;

export const api = {
  registers: (device: string): Promise<readonly RegisterView[]> => call('GET', `${of(device)}/registers`),
  /** Sets a level by the silicon's own side. */
  poke: (device: string, register: string, value: number): Promise<unknown> =>
    call('PUT', `${of(device)}/registers/${encodeURIComponent(register)}`, { value }),
  /** A read on the bus with its side effects, recorded as requester `dashboard`. */
  busRead: (device: string, register: string): Promise<unknown> =>
    call('POST', `${of(device)}/registers/${encodeURIComponent(register)}/read`, {}),
  catalogue: (device: string): Promise<CatalogueView> => call('GET', `${of(device)}/catalogue`),
  fault: (device: string, name: string, params: Settings = {}): Promise<unknown> =>
    call('POST', `${of(device)}/faults`, { name, params }),
  clearFault: (device: string, name?: string): Promise<unknown> =>
    call('DELETE', `${of(device)}/faults${name === undefined ? '' : `/${encodeURIComponent(name)}`}`),
  control: (device: string, name: string, params: Settings = {}): Promise<unknown> =>
    call('POST', `${of(device)}/controls/${encodeURIComponent(name)}`, params),
  attributes: (device: string): Promise<readonly AttributeView[]> => call('GET', `${of(device)}/attributes`),
  /** Written in the order given; the first refusal ends it. */
  writeAttributes: (device: string, values: Readonly<Record<string, string>>): Promise<readonly AttributeView[]> =>
    call('PATCH', `${of(device)}/attributes`, values),
  /** Memory by the silicon's side, one byte or word per address. */
  memory: async (device: string, at: string, length: number): Promise<readonly number[]> =>
    numbersOf(await call('GET', `${of(device)}/memory?at=${encodeURIComponent(at)}&length=${length}`)),
  drivers: (): Promise<readonly DriverInfo[]> => call('GET', '/drivers'),
  modules: (): Promise<readonly ModuleView[]> => call('GET', '/modules'),
  insmod: (driver: string, device: string, params: Settings = {}): Promise<ModuleView> =>
    call('POST', '/modules', { driver, device, params }),
  rmmod: (device: string): Promise<unknown> => call('DELETE', `/modules/${encodeURIComponent(device)}`),
  scenarios: (): Promise<readonly ScenarioView[]> => call('GET', '/scenarios'),
  runs: (): Promise<readonly RunView[]> => call('GET', '/runs'),
  run: (run: number): Promise<RunView> => call('GET', `/runs/${run}`),
  startRun: (of: {
    readonly scenario: string;
    readonly mode: 'live' | 'virtual';
    readonly seed?: number;
  }): Promise<RunView> => call('POST', '/runs', of),
  stopRun: (run: number): Promise<unknown> => call('DELETE', `/runs/${run}`),
};

/** The sentence to show for anything thrown by a command. */
export const sentenceOf = (thrown: unknown): string =>
  thrown instanceof ApiError
    ? `${thrown.code}: ${thrown.message}`
    : thrown instanceof Error
      ? thrown.message
      : String(thrown);

/** A file the lab makes. */
export const fetchFile = async (path: string): Promise<Blob> => {
  const response = await reach('GET', path, undefined);
  if (!response.ok) throw problem(response, parse(await response.text()));
  return response.blob();
};

/** One request under `/api/v1`; a file is sent as it is, else JSON both ways, an ApiError when the lab refuses. */
export const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
  const response = await reach(method, path, body);
  const text = await response.text();
  const parsed: unknown = text === '' ? undefined : parse(text);
  if (!response.ok) throw problem(response, parsed);
  return parsed as T; // the wire: the server's schemas hold the type
};

const reach = async (method: string, path: string, body: unknown): Promise<Response> => {
  const file = body instanceof Blob;
  const headers = { 'content-type': file ? 'application/octet-stream' : 'application/json' };
  try {
    return await fetch(`${API}${path}`, {
      method,
      ...(body === undefined ? {} : { headers, body: file ? body : JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError('EIO', 0, 'the lab does not answer; the command was not sent');
  }
};

const of = (device: string): string => `/devices/${encodeURIComponent(device)}`;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const problem = (response: Response, body: unknown): ApiError => {
  const { code, detail, title } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return new ApiError(
    typeof code === 'string' ? code : 'EIO',
    response.status,
    typeof detail === 'string' ? detail : typeof title === 'string' ? title : `the lab answered ${response.status}`,
  );
};

const numbersOf = (answer: unknown): readonly number[] => {
  const list = Array.isArray(answer)
    ? answer
    : Object.values((answer ?? {}) as Record<string, unknown>).find((value) => Array.isArray(value));
  return Array.isArray(list) ? list.map(Number) : [];
};
