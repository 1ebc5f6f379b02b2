/** Which recorded accesses a bus fault kept from their device. */
import { FILTER_REQUESTER } from '#bus/filters/gate-of.ts';
import { ACCESS_OPS } from '#bus/trace.ts';
import { type RecordedSection, recordAt } from '#recording/decode.ts';

/** Records looked at behind a request for the fault that hit it. */
const LOOK_AHEAD = 64;

/** Indexes of records. */
export const lostAccesses = (section: RecordedSection): ReadonlySet<number> => {
  const lost = new Set<number>();
  const blocks = new Set(section.devices.filter(({ port }) => port === 'block').map(({ name }) => name));
  const { devices, requesters, texts } = section.names;
  /** Devices whose connector is out. */
  const out = new Set<number>();
  const struck = new Set<number>();
  for (let i = 0; i < section.count; i++) {
    const { op, outcome, device, requester, aux, at, time } = recordAt(section, i);
    if (op === 'fault' && requesters[requester] === FILTER_REQUESTER) {
      const effect = outcome === 'ok' ? effectOf(texts[aux] ?? '') : '';
      if (effect === 'disconnect') out.add(device);
      if (effect === 'drop' || effect === 'disconnect') struck.add(device);
      if (outcome === 'off') out.delete(device);
      continue;
    }
    if (!ACCESS_OPS.has(op)) continue;
    if (blocks.has(devices[device] ?? '')) {
      if (lostRequest(section, i, { device, at, time })) lost.add(i);
      continue;
    }
    if (outcome === 'failed' || (outcome === 'undriven' && (struck.has(device) || out.has(device)))) lost.add(i);
    if (outcome !== 'undriven') out.delete(device);
    struck.delete(device);
  }
  return lost;
};

/** `noise drop` was done by a fault named `noise`. */
export const effectOf = (text: string): string => text.slice(text.lastIndexOf(' ') + 1);

/** Of a request the fault's row comes after its own. */
const lostRequest = (
  section: RecordedSection,
  index: number,
  of: { readonly device: number; readonly at: number; readonly time: number },
): boolean => {
  for (let i = index + 1; i < Math.min(section.count, index + LOOK_AHEAD); i++) {
    const { op, outcome, device, requester, aux, at, time } = recordAt(section, i);
    if (time > of.time) return false;
    if (device !== of.device || at !== of.at || op !== 'fault' || outcome !== 'ok') continue;
    if (section.names.requesters[requester] !== FILTER_REQUESTER) continue;
    if (['drop', 'error', 'disconnect'].includes(effectOf(section.names.texts[aux] ?? ''))) return true;
  }
  return false;
};
