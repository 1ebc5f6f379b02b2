/** The canvas a live picture is painted on: mounted once, never rendered again for a frame. */
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { FrameScale } from '#bus/frame-wire.ts';
import { useLab } from '../store/lab-state.ts';
import { LivePicture } from './live-picture.ts';

export const PictureCanvas = (props: {
  readonly device: string;
  readonly scale: FrameScale;
  readonly label: string;
  readonly onPicture?: (picture: LivePicture | null) => void;
}): ReactElement => {
  const { device, scale, onPicture } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const session = useLab((state) => state.lab?.session);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another session is another lab, with pictures of its own
  useEffect(() => {
    if (canvas.current === null) return;
    const picture = new LivePicture(canvas.current, { device, scale });
    onPicture?.(picture);
    return () => {
      picture.close();
      onPicture?.(null);
    };
  }, [device, scale, session, onPicture]);
  return <canvas ref={canvas} width={1} height={1} role="img" aria-label={props.label} />;
};

/** The picture as state, for what is drawn beside it. */
export const usePicture = (): readonly [LivePicture | null, (picture: LivePicture | null) => void] =>
  useState<LivePicture | null>(null);
