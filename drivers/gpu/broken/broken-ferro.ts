/** Declares a ferro_drm that is wrong on purpose, for scenarios that show what the lab makes of it: one mistake in what it says to the display. */
import type { DriverModule } from '#bus/kernel-port.ts';
import type { MmioAccess, MmioPort } from '#bus/mmio.ts';
import { defineModule } from '../../kernel/module.ts';
import { bindDisplay } from '../bind-display.ts';
import { CLIENT_PARAMS, startClient } from '../drm-client.ts';
import { probeFerro } from '../ferro-drm.ts';
import { PANIC_PARAMS } from '../panic/panic-options.ts';

export type Write = Extract<MmioAccess, { readonly op: 'write' }>;

/** What the driver writes in place of what it should. */
export type Mistake = (right: Write) => readonly Write[];

/** The description says what is wrong; `mistake` is made once for each load. */
export const brokenFerro = (name: string, description: string, mistake: () => Mistake): DriverModule =>
  defineModule({
    name,
    description: `Broken on purpose: ${description}`,
    author: 'Ferrolab',
    license: 'Apache-2.0',
    drives: ['display'],
    params: { ...CLIENT_PARAMS, ...PANIC_PARAMS },
    async init(given) {
      const port = mistaken(given.mmio(), mistake());
      const bound = await bindDisplay({ ...given, mmio: () => port }, (kernel) => probeFerro(kernel), given.params);
      startClient(bound, given.params);
    },
  });

const mistaken = (port: MmioPort, mistake: Mistake): MmioPort => ({
  read: (at, width) => port.read(at, width),
  async write(at, value, width) {
    await port.transfer(mistake({ op: 'write', at, value, ...(width === undefined ? {} : { width }) }));
  },
  transfer: async (accesses) =>
    port.transfer(accesses.flatMap<MmioAccess>((access) => (access.op === 'write' ? mistake(access) : [access]))),
  readSpan: (span, offset, length) => port.readSpan(span, offset, length),
  writeSpan: (span, offset, bytes) => port.writeSpan(span, offset, bytes),
  writeRows: (span, rows, bytes, apartBytes) => port.writeRows(span, rows, bytes, apartBytes),
  onInterrupt: (listener) => port.onInterrupt(listener),
});
