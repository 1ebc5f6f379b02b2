/** What changed lately, outlined over the picture: each part fades, and nothing is drawn while nothing changes. */
import { type ReactElement, useEffect, useRef } from 'react';
import type { LivePicture } from './live-picture.ts';

/** For so long a part stays outlined. */
const SHOWN_MS = 700;

export const DamageOverlay = (props: {
  readonly picture: LivePicture;
  readonly zoom: number;
  readonly mode: { readonly width: number; readonly height: number };
}): ReactElement => {
  const { picture, zoom, mode } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, height] = [Math.round(mode.width * zoom), Math.round(mode.height * zoom)];
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context === null || context === undefined) return;
    const colour = getComputedStyle(document.documentElement).getPropertyValue('--damage').trim() || '#e8946a';
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    let due = 0;
    const draw = (): void => {
      due = 0;
      const now = performance.now();
      context.clearRect(0, 0, width, height);
      context.strokeStyle = colour;
      context.fillStyle = colour;
      context.lineWidth = 1.5;
      let some = false;
      for (const part of picture.damage) {
        const age = (now - part.atMs) / SHOWN_MS;
        if (age >= 1) continue;
        some = true;
        const strength = still ? 1 : 1 - age;
        const [x, y] = [Math.round(part.x * zoom) + 1, Math.round(part.y * zoom) + 1];
        const [w, h] = [Math.round(part.width * zoom) - 2, Math.round(part.height * zoom) - 2];
        context.globalAlpha = 0.14 * strength;
        context.fillRect(x, y, w, h);
        context.globalAlpha = strength;
        context.strokeRect(x, y, w, h);
      }
      if (some) due = requestAnimationFrame(draw);
    };
    const wake = (): void => {
      if (due === 0) due = requestAnimationFrame(draw);
    };
    wake();
    const deaf = picture.subscribe(wake);
    return () => {
      deaf();
      cancelAnimationFrame(due);
    };
  }, [picture, zoom, width, height]);
  return (
    <canvas ref={canvas} className="damage" width={width} height={height} role="img" aria-label="Parts that changed" />
  );
};
