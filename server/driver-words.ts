/** What a driver says of itself and for the kernel log, checked by hand: the schema library would come too late for a quick start. */
import type { Presence } from '#bus/announce.ts';
import { LOG_LEVELS, type LogLevel, type ModuleView } from '#bus/api.ts';

/** Of a presence; what is absent was not said. */
export type DriverSaid = Pick<ModuleView, 'session' | 'module' | 'device' | 'state'> & Partial<ModuleView>;

export interface SaidLine {
  readonly level: LogLevel;
  readonly facility: string;
  readonly text: string;
}

const STATES = ['loading', 'probing', 'live', 'failed', 'waiting'] as const;
const LINES_LIMIT = 1000;

/** Undefined when it is no presence of a driver that lives. */
export const driverSaid = (presence: Presence): DriverSaid | undefined => {
  const { session, module, device, params, pid, error, link, since } = presence;
  const state = STATES.find((one) => one === presence.state);
  if (!isText(session, 64) || !isText(module, 64) || !isText(device, 64) || state === undefined) return undefined;
  if (params !== undefined && !isRecord(params)) return undefined;
  if (!absent(pid) && !(typeof pid === 'number' && Number.isSafeInteger(pid) && pid >= 1)) return undefined;
  if (!absent(error) && !isError(error)) return undefined;
  if (!absent(link) && link !== 'up' && link !== 'down') return undefined;
  if (since !== undefined && !isText(since, 40)) return undefined;
  return {
    ...{ session, module, device, state },
    ...(params === undefined ? {} : { params }),
    ...(absent(pid) ? {} : { pid }),
    ...(absent(error) ? {} : { error: { code: error.code, message: error.message } }),
    ...(absent(link) ? {} : { link }),
    ...(since === undefined ? {} : { since }),
  };
};

/** Undefined when the payload is no batch of log lines. */
export const linesSaid = (payload: Uint8Array): readonly SaidLine[] | undefined => {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
  return Array.isArray(said) && said.length <= LINES_LIMIT && said.every(isLine) ? said : undefined;
};

const isLine = (said: unknown): said is SaidLine =>
  isRecord(said) &&
  LOG_LEVELS.some((level) => level === said.level) &&
  isText(said.facility, 64) &&
  isText(said.text, 10_000);

const isError = (said: unknown): said is { readonly code: string; readonly message: string } =>
  isRecord(said) && isText(said.code, 16) && isText(said.message, 2000);

const isRecord = (said: unknown): said is Readonly<Record<string, unknown>> =>
  typeof said === 'object' && said !== null && !Array.isArray(said);

const isText = (said: unknown, longest: number): said is string => typeof said === 'string' && said.length <= longest;

const absent = (said: unknown): said is null | undefined => said === undefined || said === null;
