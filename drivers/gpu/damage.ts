/** What changed in a framebuffer: the clips a client names, against the part that is shown (drm_damage_helper.c). */
import type { PlaneState } from './kms-state.ts';
import { intersect, pixelsOf, type Rect, rectAt } from './rect.ts';

const CLIP_BYTES = 16;

export const decodeClips = (bytes: Uint8Array): readonly Rect[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / CLIP_BYTES) }, (_, i) => ({
    x1: view.getInt32(i * CLIP_BYTES, true),
    y1: view.getInt32(i * CLIP_BYTES + 4, true),
    x2: view.getInt32(i * CLIP_BYTES + 8, true),
    y2: view.getInt32(i * CLIP_BYTES + 12, true),
  }));
};

export const encodeClips = (clips: readonly Rect[]): Uint8Array => {
  const view = new DataView(new ArrayBuffer(clips.length * CLIP_BYTES));
  for (const [i, { x1, y1, x2, y2 }] of clips.entries())
    for (const [j, edge] of [x1, y1, x2, y2].entries()) view.setInt32(i * CLIP_BYTES + 4 * j, edge, true);
  return new Uint8Array(view.buffer);
};

/** The part of the framebuffer that is shown, in whole pixels. */
export const sourceOf = ({ srcX, srcY, srcW, srcH }: PlaneState): Rect => pixelsOf(rectAt(srcX, srcY, srcW, srcH));

/**
 * What a driver reads again: all that is shown where there are no clips, the part shown has moved, or the mode is new;
 * else the clips inside it, which may be none.
 */
export const damageOf = (now: PlaneState, old: PlaneState, modeset: boolean): readonly Rect[] => {
  if (!now.visible || now.fb === null) return [];
  const source = sourceOf(now);
  const moved =
    !old.visible ||
    now.srcX !== old.srcX ||
    now.srcY !== old.srcY ||
    now.srcW !== old.srcW ||
    now.srcH !== old.srcH ||
    now.crtc !== old.crtc;
  if (now.damageClips === null || modeset || moved) return [source];
  return decodeClips(now.damageClips.bytes).flatMap((clip) => intersect(clip, source) ?? []);
};
