/** An export as a download, made in pieces so that the page goes on meanwhile. */
import type { Sheet } from '../filter/sheets.ts';
import { type ExportFormat, exported } from './export.ts';
import type { Fold } from './fold.ts';
import type { Records } from './records.ts';

const TYPES: Readonly<Record<ExportFormat, string>> = { csv: 'text/csv', jsonl: 'application/jsonl' };

/** `progress` hears percent. */
export const saveExport = async (
  fold: Fold,
  records: Records,
  sheetOf: (device: string) => Sheet | undefined,
  format: ExportFormat,
  progress: (percent: number) => void,
): Promise<void> => {
  const parts: string[] = [];
  for (const { text, done, of } of exported(fold, records, sheetOf, format)) {
    parts.push(text);
    progress(of === 0 ? 100 : Math.floor((100 * done) / of));
    await new Promise((resolve) => setTimeout(resolve));
  }
  const url = URL.createObjectURL(new Blob(parts, { type: TYPES[format] }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `ferrolab-traffic.${format}`;
  link.click();
  URL.revokeObjectURL(url);
};
