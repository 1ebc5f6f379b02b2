/** Reads the module's memory again when the module or the firmware changes, and the diagnostics as they move. */
import { useEffect, useState } from 'react';
import type { PhyPanel } from '#bus/api.ts';
import { printC45 } from '#datasheets/c45.ts';
import { QT2025_DOM, QT2025_XDATA_WINDOW } from '#datasheets/qt2025.ts';
import { api } from '../api.ts';
import { useLab } from '../store/lab-state.ts';

export interface ModuleMemory {
  readonly a0: readonly number[];
  readonly a2: readonly number[];
}

const PAGE = 256;
const AGAIN_MS = 2000;

/** Undefined until read. A PHY shows the module only after its firmware has copied it. */
export const useModuleMemory = (device: string, panel: PhyPanel): ModuleMemory | undefined => {
  const [memory, setMemory] = useState<ModuleMemory>();
  const live = useLab((state) => state.phase === 'live');
  const { cage, micro } = panel;
  const key = `${cage.module?.serial} ${cage.readable} ${micro.from} ${micro.status}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what the memory depends on
  useEffect(() => {
    if (!live) return;
    let gone = false;
    const read = async (): Promise<void> => {
      if (document.hidden) return;
      try {
        const [a0, a2] = await Promise.all([
          api.memory(device, printC45(QT2025_XDATA_WINDOW.at), PAGE),
          api.memory(device, printC45(QT2025_DOM.at), PAGE),
        ]);
        if (!gone) setMemory((old) => (old !== undefined && same(old.a0, a0) && same(old.a2, a2) ? old : { a0, a2 }));
      } catch {
        // the lab is gone or busy: what was read stays, and the strip says that the lab is lost
      }
    };
    void read();
    const timer = setInterval(() => void read(), AGAIN_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [device, key, live]);
  return memory;
};

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
