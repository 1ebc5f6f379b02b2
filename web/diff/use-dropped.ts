/** Files dropped on the page: two at once are A and B, one goes to the side it was dropped on. */
import { useEffect, useState } from 'react';
import type { SideName } from './sides.ts';

/** The side a file is held over now; null when none is. */
export const useDropped = (onFiles: (files: readonly File[], side: SideName) => void): SideName | null => {
  const [over, setOver] = useState<SideName | null>(null);
  useEffect(() => {
    const sideAt = ({ clientX }: DragEvent): SideName => (clientX * 2 < innerWidth ? 'a' : 'b');
    const drag = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      setOver(event.type === 'dragleave' && event.relatedTarget === null ? null : sideAt(event));
    };
    const drop = (event: DragEvent): void => {
      setOver(null);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      onFiles(files, sideAt(event));
    };
    addEventListener('dragover', drag);
    addEventListener('dragleave', drag);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', drag);
      removeEventListener('dragleave', drag);
      removeEventListener('drop', drop);
    };
  }, [onFiles]);
  return over;
};
