/** What a recording holds besides accesses: the header of a section, and events as JSON, each with its lab time. */
import type { LogLevel, RunView } from '#bus/api.ts';
import type { BlockIdentity } from '#bus/block.ts';

/** Grows when a reader of before could not understand a recording any more. */
export const FORMAT = 1;

/** From the range that is everybody's own. Source: tcpdump.org, LINKTYPE_USER0 to USER15. */
export const LINK_TYPES = { event: 147, mdio: 148, mmio: 149, block: 150, picture: 151 } as const;
export type PortKind = 'mdio' | 'mmio' | 'block';

/** A device as a section knows it: one interface. */
export interface RecordedDevice {
  readonly name: string;
  readonly kind: string;
  readonly port: PortKind;
}

/** The first packet of a section. */
export interface RecordingHeader {
  readonly event: 'recording';
  readonly format: number;
  /** Version of the lab. */
  readonly ferrolab: string;
  readonly mode: RunView['mode'];
  readonly lab: string | null;
  /** ISO 8601, when lab time was 0; null in virtual time. */
  readonly startedAt: string | null;
  readonly seed: number;
  /** Specification of each device. */
  readonly bench: Readonly<Record<string, unknown>>;
  /** By kind of device. */
  readonly datasheets: Readonly<Record<string, string>>;
  readonly scenario: RecordedScenario | null;
}

export interface RecordedScenario {
  readonly name: string;
  /** As it was named when it ran. */
  readonly file: string;
  readonly yaml: string;
}

/** Names that records use from here on; lists begin at `from`. */
export interface NamesEvent {
  readonly event: 'names';
  readonly time: number;
  readonly from: { readonly devices: number; readonly requesters: number; readonly texts: number };
  readonly devices: readonly string[];
  readonly requesters: readonly string[];
  readonly texts: readonly string[];
}

/** What a display shows, where somebody looked and it was another than before. */
export interface FrameEvent {
  readonly event: 'frame';
  readonly time: number;
  readonly device: string;
  /** Both 0: no frame. */
  readonly width: number;
  readonly height: number;
  /** As the device's own register says it. */
  readonly crc: number;
  /** Number of the picture in this section; null: only the CRC was kept. */
  readonly picture: number | null;
}

/** Events a reader acts upon; it keeps others as they are. All times are nanoseconds since the lab began. */
export type KnownEvent =
  | NamesEvent
  | {
      readonly event: 'log';
      readonly time: number;
      readonly level: LogLevel;
      readonly facility: string;
      readonly text: string;
    }
  /** What a driver says of itself. */
  | {
      readonly event: 'driver';
      readonly time: number;
      readonly device: string;
      readonly module: string;
      readonly state: string;
      readonly link: 'up' | 'down' | null;
      readonly error: string | null;
    }
  /** What a device can say of its link. */
  | { readonly event: 'link'; readonly time: number; readonly device: string; readonly link: 'up' | 'down' | null }
  | { readonly event: 'scenario'; readonly time: number; readonly scenario: RecordedScenario; readonly seed: number }
  | {
      readonly event: 'step';
      readonly time: number;
      readonly index: number;
      readonly title: string;
      readonly state: string;
      readonly found: string | null;
    }
  /** A file a driver or a boot EEPROM was given. */
  | {
      readonly event: 'firmware';
      readonly time: number;
      readonly name: string;
      readonly bytes: number;
      readonly sha256: string;
    }
  /** What a block device tells its driver at attach; null while it is off. */
  | {
      readonly event: 'identity';
      readonly time: number;
      readonly device: string;
      readonly identity: BlockIdentity | null;
    }
  | FrameEvent
  /** Records that were overwritten before they could be written here. */
  | { readonly event: 'gap'; readonly time: number; readonly missing: number }
  /** Everything up to this sequence number has been looked at. */
  | { readonly event: 'mark'; readonly time: number; readonly seq: number }
  | { readonly event: 'run'; readonly time: number; readonly run: RunView }
  /** The recorder stopped of its own accord: what came before is all there is. */
  | { readonly event: 'end'; readonly time: number; readonly reason: string };

export interface OtherEvent {
  readonly event: string;
  readonly time: number;
}
export type RecordingEvent = KnownEvent | OtherEvent;

/** An event by its name. */
export const isEvent = <K extends KnownEvent['event']>(
  event: RecordingEvent,
  name: K,
): event is Extract<KnownEvent, { event: K }> => event.event === name;
