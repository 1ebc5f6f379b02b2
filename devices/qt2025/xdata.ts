/** Offsets of the named XDATA cells, from the datasheet. */
import { QT2025_XDATA, QT2025_XDATA_WINDOW } from '#datasheets/qt2025.ts';

/** XDATA offset of every named cell. */
export const X = Object.fromEntries(
  Object.entries(QT2025_XDATA).map(([name, { at }]) => [name, at - QT2025_XDATA_WINDOW.at]),
) as { readonly [K in keyof typeof QT2025_XDATA]: number };
