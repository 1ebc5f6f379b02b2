/** The driver's own client: shows its log, as drm_log does, or a test card, until a program takes the display. */
import { ms } from '#bus/clock.ts';
import { asLabError } from '#bus/errors.ts';
import { oneOf, type Settings } from '#regmap/params.ts';
import type { BoundDisplay } from './bind-display.ts';
import { type Card, openCard, type Picture } from './card.ts';
import { printMode } from './modes.ts';
import { MemorySurface } from './panic/surface.ts';
import { drawTestCard } from './test-card.ts';

export const CLIENT_PARAMS = {
  client: oneOf('What the driver itself shows while no program draws', ['log', 'test-card', 'none'], 'log'),
} as const;

/** Lines that come together are drawn together. */
const GATHER_NS = ms(50);

/** Begins with the first connected monitor, and begins again when it is another. */
export const startClient = (
  { device, kernel, console, seat, onPrinted }: BoundDisplay,
  { client }: Settings<typeof CLIENT_PARAMS>,
): void => {
  if (client === 'none') return;
  let shown: { readonly card: Card; readonly picture: Picture; readonly draw: () => void } | undefined;
  let again = true;
  const begin = async () => {
    const card = await openCard(device, { name: client });
    const picture = card.picture();
    return { card, picture, draw: client === 'log' ? logOn(picture) : () => testCardOn(picture, card) };
  };
  const logOn = (picture: Picture): (() => void) => {
    const { width, height, bytes, pitchBytes } = picture;
    const surface = new MemorySurface({ format: 'XRGB8888', width, height, bytes, pitchBytes: [pitchBytes] });
    return () => console.draw(surface, '');
  };
  const testCardOn = (picture: Picture, { mode }: Card): void => {
    const monitor = device.connectors.find(({ status }) => status === 'connected')?.edid?.name;
    drawTestCard(picture, { title: monitor || 'NO NAME', lines: [`${printMode(mode)}, XRGB8888`, device.is.name] });
  };
  const turn = async (): Promise<void> => {
    if (device.panicking.done || seat.taken) return;
    try {
      if (again) {
        again = false;
        await shown?.card.close();
        shown = undefined;
        shown = await begin();
      }
      if (shown === undefined) return;
      shown.draw();
      await shown.card.commit({ primary: { picture: shown.picture } });
    } catch (thrown) {
      const { code, message } = asLabError(thrown);
      shown = undefined; // until the next hotplug
      if (code !== 'ENODEV') kernel.pr.warning(`${client} is not shown: ${code}: ${message}`);
    }
  };
  let drawing = Promise.resolve();
  const draw = kernel.delayedWork(() => {
    drawing = turn();
    return drawing;
  });
  seat.host({
    async leave() {
      await drawing;
      if (device.panicking.done) return; // its picture is the one that stays
      await shown?.card.close();
      shown = undefined;
    },
    back() {
      again = true;
      draw.schedule();
    },
  });
  device.onUevent(() => {
    again = true;
    draw.schedule();
  });
  onPrinted(() => {
    if (shown !== undefined && client === 'log') draw.schedule(GATHER_NS);
  });
  draw.schedule();
};
