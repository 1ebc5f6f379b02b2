/** The attributes of a device as they stand: asked for again every two seconds, for anybody may write them. */
import { useCallback, useEffect, useState } from 'react';
import type { AttributeView } from '#regmap/attributes.ts';
import { api, sentenceOf } from '../api.ts';
import { useLab } from '../store/lab-state.ts';

const EVERY_MS = 2000;

export const useAttributes = (
  device: string,
): { readonly attributes: readonly AttributeView[]; readonly refresh: () => void; readonly refused: string | null } => {
  const [attributes, setAttributes] = useState<readonly AttributeView[]>([]);
  const [refused, setRefused] = useState<string | null>(null);
  const live = useLab((state) => state.phase === 'live');
  const refresh = useCallback(() => {
    api.attributes(device).then(
      (found) => {
        setAttributes(found);
        setRefused(null);
      },
      (thrown: unknown) => setRefused(sentenceOf(thrown)),
    );
  }, [device]);
  useEffect(() => {
    if (!live) return;
    refresh();
    const again = setInterval(() => {
      if (!document.hidden) refresh();
    }, EVERY_MS);
    return () => clearInterval(again);
  }, [live, refresh]);
  return { attributes, refresh, refused };
};
