/** What a scenario may name of each part: its registers, memory, faults and controls, straight from the datasheets. */
import type { Span } from '#bus/device.ts';
import { DISPLAY } from '#datasheets/display.ts';
import { DISPLAY_CONTROLS, DISPLAY_FAULTS } from '#datasheets/display-catalogue.ts';
import { NULL_BLK_ATTRIBUTES, RNULL_ATTRIBUTES } from '#datasheets/null-blk.ts';
import { NULLB_CONTROLS, NULLB_FAULTS } from '#datasheets/null-blk-catalogue.ts';
import { QT2025_ALL, QT2025_SPANS } from '#datasheets/qt2025.ts';
import { QT2025_CONTROLS, QT2025_FAULTS } from '#datasheets/qt2025-catalogue.ts';
import type { Catalogue } from '#regmap/actions.ts';
import type { Attributes } from '#regmap/attributes.ts';
import type { Table } from '#regmap/declare.ts';
import type { DeviceKind } from '#server/bench-spec.ts';

export interface Part {
  readonly registers: Table;
  readonly spans: readonly Span[];
  readonly faults: Catalogue;
  readonly controls: Catalogue;
  /** Names that may be set. */
  readonly attributes: Attributes;
}

export const PARTS: Readonly<Record<DeviceKind, Part>> = {
  qt2025: {
    registers: QT2025_ALL,
    spans: QT2025_SPANS,
    faults: QT2025_FAULTS,
    controls: QT2025_CONTROLS,
    attributes: {},
  },
  display: {
    registers: DISPLAY,
    spans: [],
    faults: DISPLAY_FAULTS,
    controls: DISPLAY_CONTROLS,
    attributes: {},
  },
  nullb: {
    registers: {},
    spans: [],
    faults: NULLB_FAULTS,
    controls: NULLB_CONTROLS,
    // which of them a device has is its personality's
    attributes: { ...RNULL_ATTRIBUTES, ...NULL_BLK_ATTRIBUTES },
  },
};
