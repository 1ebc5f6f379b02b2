/** What can go wrong with the display on purpose, and what a person can do to its monitor and board. */
import { action } from '#regmap/actions.ts';
import { number, oneOf, text } from '#regmap/params.ts';
import { PANIC_TEXT_BYTES } from './display.ts';
import { MONITOR_NAMES } from './monitors.ts';

const FIELD = 'DRM drivers and their bug reports';
const EDID = 'VESA E-EDID; Linux drm_edid.c';

export const DISPLAY_FAULTS = {
  unplugged: action('cable out', 'Hot-unplug: no monitor, no EDID, a hotplug interrupt', FIELD, {}),
  'edid-checksum': action('EDID checksum', 'One byte of the base block reads wrong', EDID, {
    byte: number('Which byte', { min: 8, max: 127, default: 127, whole: true }),
  }),
  'edid-short': action('EDID cut short', 'Bytes from there on read FFh', EDID, {
    bytes: number('Bytes that still read', { min: 0, max: 1023, default: 64, whole: true }),
  }),
  'edid-garbage': action('EDID garbage', 'Every byte of the EDID is noise', EDID, {}),
  'edid-absent': action('no EDID', 'A monitor is there and tells nothing: every byte reads 0', EDID, {}),
  'link-bad': action('bad link', 'Link status is bad, and training does not help', 'Linux: property link-status', {}),
  'vblank-stuck': action('stuck vblank', 'The counter stands, no vertical blank comes, no flip ends', FIELD, {}),
  'vblank-late': action(
    'late vblank',
    'The interrupt of every nth vertical blank comes late; its stamp does not',
    FIELD,
    {
      every: number('Every nth', { min: 1, max: 100_000, default: 10, whole: true }),
      us: number('How late', { min: 1, max: 1_000_000, default: 20_000, unit: 'us' }),
    },
  ),
  'vblank-lost': action(
    'lost vblank',
    'Every nth vertical blank counts and raises nothing; a flip waits for the next',
    FIELD,
    {
      every: number('Every nth', { min: 2, max: 100_000, default: 10, whole: true }),
    },
  ),
  'flip-never': action('flip never done', 'A flip stays pending for ever', FIELD, {}),
  'flip-silent': action('flip without interrupt', 'A flip is done, FLIP_DONE does not rise', FIELD, {}),
  'bit-rot': action('memory bit rot', 'Bits of video memory flip by themselves', FIELD, {
    bits: number('Bits each time', { min: 1, max: 4096, default: 8, whole: true }),
    ms: number('How often', { min: 1, max: 60_000, default: 100, unit: 'ms' }),
  }),
  'wrong-crc': action('wrong CRC', 'FRAME_CRC reads with some bits turned over', FIELD, {
    mask: number('Bits', { min: 1, max: 0xffffffff, default: 1, whole: true }),
  }),
  'writeback-fails': action('writeback fails', 'Writeback ends with FAILED and writes nothing', FIELD, {}),
  underrun: action('underrun', 'Memory is too slow: lines from there on show the background', FIELD, {
    percent: number('Part of the frame that is still right', { min: 0, max: 99, default: 50, whole: true, unit: '%' }),
  }),
  'interrupt-stuck': action('stuck interrupt', 'The line INT stays high', FIELD, {}),
} as const;

export const DISPLAY_CONTROLS = {
  plug: action('plug in', 'Plugs the monitor in', 'ours', {}),
  unplug: action('pull out', 'Pulls the monitor out', 'ours', {}),
  monitor: action('monitor', 'Puts another monitor in its place: a hotplug', 'ours', {
    model: oneOf('Which', MONITOR_NAMES, 'fhd60'),
  }),
  'load-edid': action('load EDID', 'The monitor tells these bytes from now on, right or wrong: a hotplug', 'ours', {
    hex: text('Up to 1024 bytes in hex; blanks are skipped', '', 4096),
  }),
  'degrade-link': action('degrade link', 'Link status goes bad until the driver trains it again', 'ours', {}),
  'panic-button': action('panic button', 'Asks the driver to panic: PANIC_BUTTON rises', 'ours', {
    text: text('What the panic says; other than ASCII becomes ?', '', PANIC_TEXT_BYTES),
  }),
} as const;

export type DisplayFault = keyof typeof DISPLAY_FAULTS;
