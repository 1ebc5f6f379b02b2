/** Commands of a display that are no faults and no controls: EDID bytes in, a panic, and where its picture is. */
import { API } from '#bus/api.ts';
import { ApiError, call } from '../api.ts';

const of = (device: string): string => `/devices/${encodeURIComponent(device)}`;

export const frameUrl = (device: string): string => `${API}${of(device)}/frame.png`;
export const edidUrl = (device: string): string => `${API}${of(device)}/edid`;

/** Asks the driver to panic, with words of one's own. */
export const panicDriver = (device: string, text: string): Promise<unknown> =>
  call('POST', `${of(device)}/panic`, text === '' ? {} : { text });

/** The monitor tells these bytes from now on, right or wrong; the driver hears a hotplug. */
export const putEdid = async (device: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
  const response = await fetch(edidUrl(device), {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes,
  }).catch(() => undefined);
  if (response?.ok === true) return;
  const said = (await response?.json().catch(() => null)) as { code?: unknown; detail?: unknown } | null | undefined;
  throw new ApiError(
    typeof said?.code === 'string' ? said.code : 'EIO',
    response?.status ?? 0,
    typeof said?.detail === 'string' ? said.detail : 'the lab does not answer; the EDID was not sent',
  );
};
