/** The port of one recorded device, on whichever bus it was, and what it could not answer. */
import type { DevicePorts } from '#bus/kernel-port.ts';
import type { MmioPort } from '#bus/mmio.ts';
import type { RecordedSection } from '#recording/decode.ts';
import type { PortKind } from '#recording/format.ts';
import type { OwnWord } from './exchanges.ts';
import { identitiesOf } from './identities.ts';
import { RecordedBlock } from './recorded-block.ts';
import { type RecordedPortOptions, recordedMdio, recordedMmio } from './recorded-ports.ts';

export interface AnsweringPortsOptions extends RecordedPortOptions {
  readonly section: RecordedSection;
  readonly port: PortKind;
  readonly onInterrupt: MmioPort['onInterrupt'];
}

export class AnsweringPorts {
  readonly ports: DevicePorts;
  readonly #block: RecordedBlock | undefined;
  #unknownBytes = 0;
  #otherBytes = 0;

  constructor(of: AnsweringPortsOptions) {
    const { section, port, device, onInterrupt } = of;
    if (port === 'block') {
      this.#block = new RecordedBlock({ ...of, texts: section.names.texts, identities: identitiesOf(section, device) });
      this.ports = { block: this.#block.port };
    } else if (port === 'mmio') {
      const unknown = (bytes: number): void => {
        this.#unknownBytes += bytes;
      };
      const otherBytes = (): void => {
        this.#otherBytes++;
      };
      this.ports = { mmio: recordedMmio({ ...of, unknown, otherBytes, onInterrupt }) };
    } else this.ports = { mdio: recordedMdio(of) };
  }

  /** A block device answers. */
  answered(word: OwnWord): void {
    this.#block?.answered(word);
  }

  /** What the recording could not say, a sentence each. */
  get notes(): readonly string[] {
    const unknown = this.#unknownBytes + (this.#block?.unknownBytes ?? 0);
    const of = (n: number): string => n.toLocaleString('en-US');
    return [
      unknown === 0
        ? ''
        : `${of(unknown)} bytes of memory or of a disk that it read are not in a recording: it read zeroes`,
      this.#otherBytes === 0
        ? ''
        : `${of(this.#otherBytes)} runs of memory were written with other bytes: what is drawn in real time is not known`,
    ].filter((note) => note !== '');
  }
}
