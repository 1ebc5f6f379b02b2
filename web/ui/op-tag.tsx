/** What a trace record is about, by arrow, letter and colour. */
import type { ReactElement } from 'react';
import type { TraceOp } from '#bus/trace.ts';
import { Icon, type IconName } from './icon.tsx';

const TAGS: Readonly<Record<TraceOp, { readonly word: string; readonly icon: IconName; readonly title: string }>> = {
  read: { word: 'R', icon: 'read', title: 'read' },
  write: { word: 'W', icon: 'write', title: 'write' },
  irq: { word: 'IRQ', icon: 'bolt', title: 'interrupt' },
  fault: { word: 'FAULT', icon: 'triangle', title: 'fault' },
  note: { word: 'NOTE', icon: 'flag', title: 'note' },
  flush: { word: 'FLUSH', icon: 'down', title: 'flush the cache' },
  discard: { word: 'TRIM', icon: 'cross', title: 'discard' },
  write_zeroes: { word: 'ZERO', icon: 'write', title: 'write zeroes' },
  zone: { word: 'ZONE', icon: 'bench', title: 'zone command' },
  done: { word: 'DONE', icon: 'check', title: "the device's answer" },
  span_read: { word: 'MEM R', icon: 'read', title: 'read of memory' },
  span_write: { word: 'MEM W', icon: 'write', title: 'write of memory' },
};

export const OpTag = ({ op, word }: { op: TraceOp; word?: string }): ReactElement => {
  const tag = TAGS[op];
  return (
    <span className="op" data-op={op} title={tag.title}>
      <Icon name={tag.icon} />
      {word ?? tag.word}
    </span>
  );
};
