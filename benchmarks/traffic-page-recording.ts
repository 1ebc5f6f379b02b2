/** Process of the page benchmark: writes a recording of so many accesses to a virtual PHY, made as any other is. */
import { createWriteStream } from 'node:fs';
import { VirtualClock } from '#bus/clock.ts';
import { c45Registers, MdioBus } from '#bus/mdio.ts';
import { Trace } from '#bus/trace.ts';
import { QT2025 } from '#datasheets/qt2025.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import { RecordingEncoder } from '#recording/encode.ts';

const [path = '', wanted = '1000000'] = process.argv.slice(2);
const clock = new VirtualClock();
const trace = new Trace();
const bus = new MdioBus(new Qt2025({ clock, seed: 1 }), { clock, device: 'phy0', trace, mdcHz: 0 });
const encoder = new RecordingEncoder((name) => ({ name, kind: 'qt2025', port: 'mdio' }));
encoder.begin({
  ferrolab: '',
  mode: 'virtual',
  lab: null,
  startedAt: null,
  seed: 1,
  bench: { phy0: { device: 'qt2025', prtad: 1 } },
  datasheets: {},
  scenario: { name: 'million-rows', file: '', yaml: '' },
});
const file = createWriteStream(path);
let written = 0;
const write = (): void => {
  encoder.records(trace.slice(written + 1), trace.names);
  written = trace.last;
  file.write(encoder.take());
};
trace.every(4096, write);
const registers = c45Registers(bus.port('qt2025'), 1);
// what a driver polls, in no order of addresses: nothing of it folds
const { PCS_STAT1, PMA_STAT1, HW_REV, PMA_DEVID1, OP_MODE, MICRO_RESETN, PCS_DEVID1, PHYXS_DEVID1 } = QT2025;
const polled = [PCS_STAT1, PMA_STAT1, HW_REV, PMA_DEVID1, PCS_DEVID1, OP_MODE, PHYXS_DEVID1].map(({ at }) => at);
for (let i = 0; trace.last < Number(wanted); i++) {
  if (i % 16 === 7) await registers.write(OP_MODE.at, 0x38 + ((i >> 4) & 1));
  else if (i % 5000 === 4999) await registers.write(MICRO_RESETN.at, 0);
  else await registers.read(polled[(i * 5) % polled.length] ?? 0);
  clock.advance(51_200);
}
write();
encoder.event({ event: 'end', time: clock.now() });
await new Promise((done) => file.end(encoder.take(), () => done(undefined)));
process.stdout.write(`${trace.last}\n`);
