/** An access to come in words: `write 3.E854h MICRO_BOOT 00C0h → 0040h by qt2025, FROM rom → sram`. */
import { printC45 } from '#datasheets/c45.ts';
import { describe } from '#regmap/codec.ts';
import { nameAt } from '#regmap/names.ts';
import type { PlaceNames, Touch } from './touch.ts';

export const touchWords = (touch: Touch, names: PlaceNames): string => {
  const { op, requester } = touch;
  const register = registerAt(touch, names);
  const place = [placeText(touch, names), register ?? ''].filter((part) => part !== '').join(' ');
  const meaning = changeText(touch, names);
  return `${op} ${place}${valueText(touch)} by ${requester}${meaning === '' ? '' : `, ${meaning}`}`;
};

/** `3.E854h`, `1010h`, `sector 8`, `vram+4096`. */
export const placeText = ({ op, at, span }: Touch, { port }: PlaceNames): string => {
  if (op === 'span_read' || op === 'span_write') return `${span ?? 'memory'}+${at}`;
  if (port === 'block') return `sector ${at}`;
  return port === 'mdio' ? printC45(at) : `${hex(at, 16)}h`;
};

export const registerAt = ({ op, at }: Touch, { port, registers, spans }: PlaceNames): string | null => {
  if (port === 'block' || (op !== 'read' && op !== 'write')) return null;
  const name = nameAt(registers, at);
  if (name !== undefined) return name;
  const span = spans.find((one) => at >= one.at && at < one.at + one.length);
  return span === undefined ? null : `${span.name}+${hex(span.offset + at - span.at, 16)}h`;
};

/** Fields with what changes; empty where no datasheet knows the register. */
export const changeText = ({ op, at, value, old }: Touch, { port, registers }: PlaceNames): string => {
  if (port === 'block' || (op !== 'read' && op !== 'write')) return '';
  const register = registers[nameAt(registers, at) ?? ''];
  if (register === undefined) return '';
  return op === 'write' ? describe(register, value, old) : describe(register, value);
};

const valueText = ({ op, value, old, widthBits, slot, span }: Touch): string => {
  if (slot !== undefined) return value === 0 ? '' : ` of ${value} sectors`;
  if (span !== undefined) return ` of ${value} bytes`;
  return op === 'write' ? ` ${hex(old, widthBits)}h → ${hex(value, widthBits)}h` : '';
};

const hex = (value: number, bits: number): string =>
  value
    .toString(16)
    .toUpperCase()
    .padStart(Math.ceil(bits / 4), '0');
