/** What somebody did to a device besides its driver, read back from the rows of a trace: faults, controls, pokes, attributes. */
import { isAttributed } from '#bus/device.ts';
import { FILTER_REQUESTER } from '#bus/filters/gate-of.ts';
import { BREAKPOINT_REQUESTER } from '#bus/filters/holds.ts';
import { FIRMWARE_REQUESTER, isNbdRequester, type TraceRecord } from '#bus/trace.ts';
import type { Action } from '#regmap/actions.ts';
import type { BenchDevice } from '../bench-device.ts';

export type Deed =
  | { readonly kind: 'fault' | 'control'; readonly name: string; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'clear'; readonly name: string }
  | { readonly kind: 'poke' }
  | { readonly kind: 'attribute'; readonly name: string; readonly text: string }
  /** The device went back to a snapshot, which no recording holds. */
  | { readonly kind: 'restore' };

/** What its row says was done, or undefined where it was nothing that changes a device. */
export const deedOf = (
  { op, outcome }: TraceRecord,
  requester: string,
  text: string,
  { device }: BenchDevice,
): Deed | undefined => {
  if (NOT_DONE.has(requester) || isNbdRequester(requester)) return undefined;
  const [name = ''] = text.split(' ', 1);
  if (op === 'fault') {
    const fault = Object.hasOwn(device.faults, name) ? device.faults[name] : undefined;
    if (fault === undefined) return undefined; // noise of a scenario, or a fault of the bus
    if (outcome === 'off') return { kind: 'clear', name };
    return outcome === 'on' ? { kind: 'fault', name, params: paramsOf(fault, text) } : undefined;
  }
  if (op !== 'note' || outcome !== 'ok') return undefined;
  if (text === 'poke') return { kind: 'poke' };
  if (text === 'restored from a snapshot') return { kind: 'restore' };
  const control = Object.hasOwn(device.controls, name) ? device.controls[name] : undefined;
  if (control !== undefined) return { kind: 'control', name, params: paramsOf(control, text) };
  const [, attribute, value] = /^([a-z_/]+)=(.*)$/s.exec(text) ?? [];
  if (attribute === undefined || value === undefined || !isAttributed(device)) return undefined;
  return { kind: 'attribute', name: attribute, text: value };
};

/** Does it once more; throws a LabError where this version does not know it. A snapshot cannot be had back. */
export const doAgain = (deed: Deed, device: BenchDevice, { at, value }: TraceRecord, requester: string): void => {
  if (deed.kind === 'poke') device.poke(at, value, requester);
  else if (deed.kind === 'clear') device.clear(deed.name, requester);
  else if (deed.kind === 'attribute') device.writeAttribute(deed.name, deed.text, requester);
  else if (deed.kind === 'control') device.control(deed.name, deed.params, requester);
  else if (deed.kind === 'fault' && !isOn(device, deed)) device.fault(deed.name, deed.params, requester);
};

/** A control may have switched it on already, now as it had then. */
const isOn = ({ device }: BenchDevice, { name, params }: Extract<Deed, { kind: 'fault' | 'control' }>): boolean => {
  const on = device.activeFaults.find((fault) => fault.name === name);
  return on !== undefined && Object.entries(params).every(([param, text]) => String(on.params[param]) === text);
};

/** Rows of theirs tell what happened, not what was asked for. */
const NOT_DONE: ReadonlySet<string> = new Set([FILTER_REQUESTER, BREAKPOINT_REQUESTER, FIRMWARE_REQUESTER]);

/** `name=value` as often as the catalogue knows the name; a text may have spaces of its own. */
const paramsOf = ({ params }: Action, text: string): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {};
  let last: string | undefined;
  for (const word of text.split(' ').slice(1)) {
    const equals = word.indexOf('=');
    const name = word.slice(0, Math.max(0, equals));
    if (equals > 0 && Object.hasOwn(params, name) && found[name] === undefined) {
      last = name;
      found[name] = word.slice(equals + 1);
    } else if (last !== undefined) found[last] += ` ${word}`;
  }
  return found;
};
