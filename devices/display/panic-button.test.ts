import { expect, test } from 'vitest';
import { VirtualClock } from '#bus/clock.ts';
import { DISPLAY, PANIC_SPAN, PANIC_TEXT_BYTES } from '#datasheets/display.ts';
import { Display } from './display.ts';

const typed = (display: Display): string => {
  const bytes = display.read(DISPLAY.PANIC_TEXT.at, 4);
  return String.fromCharCode(...(display.span(PANIC_SPAN)?.subarray(0, bytes) ?? []));
};

test('the words typed beside the button are there for the driver when it is asked to panic', () => {
  const display = new Display({ clock: new VirtualClock(), seed: 1, vramMib: 1 });
  const lines: boolean[] = [];
  display.onInterrupt((_, asserted) => void lines.push(asserted));
  display.write(DISPLAY.INT_ENABLE.at, 0x20, 4);
  display.control('panic-button', { text: 'Größe\tmatters\nat boot' });
  expect(lines).toEqual([true]);
  expect(typed(display)).toBe('Gr??e?matters\nat boot');
  const copy = new Display({ clock: new VirtualClock(), seed: 1, vramMib: 1 });
  copy.restore(JSON.parse(JSON.stringify(display.snapshot())));
  expect(typed(copy)).toBe(typed(display));
  display.control('panic-button');
  expect(typed(display)).toBe('');
  expect(() => display.control('panic-button', { text: 'x'.repeat(PANIC_TEXT_BYTES + 1) })).toThrow(/240/);
  display.control('panic-button', { text: 'x'.repeat(PANIC_TEXT_BYTES) });
  expect(typed(display)).toHaveLength(PANIC_TEXT_BYTES);
});
