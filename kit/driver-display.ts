/** `ferrolab/driver/display`: what a driver of a display, or a program that draws, imports besides. The published face of DRM. */

export type { CardProgram, OfferedCard } from '#bus/card.ts';
export { DISPLAY, DISPLAY_INTERRUPT, VRAM_SPAN } from '#datasheets/display.ts';
export { type BoundDisplay, bindDisplay } from '#drivers/gpu/bind-display.ts';
export { openCard } from '#drivers/gpu/card.ts';
export { DrmDevice } from '#drivers/gpu/drm-device.ts';
export { probeFerro } from '#drivers/gpu/ferro-drm.ts';
