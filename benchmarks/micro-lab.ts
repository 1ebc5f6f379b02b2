/** Process of the 8051 benchmark: a broker and a virtual QT2025 in real time, its firmware tracking; says how many cycles it did. */
import { readFileSync } from 'node:fs';
import { RealClock } from '#bus/clock.ts';
import { MdioBus } from '#bus/mdio.ts';
import { serveMdio } from '#bus/mdio-serve.ts';
import { Trace } from '#bus/trace.ts';
import { QT2025, QT2025_SRAM, QT2025_XDATA, UC_STATUS } from '#datasheets/qt2025.ts';
import { Qt2025 } from '#devices/qt2025/qt2025.ts';
import { startBroker } from '#server/broker.ts';

const STATUS_EVERY_MS = 50;

const clock = new RealClock();
const device = new Qt2025({ clock, seed: 1 });
const bus = new MdioBus(device, { clock, device: 'phy0', trace: new Trace(), mdcHz: 0 });
const broker = await startBroker({ host: '127.0.0.1', port: 0 });
const served = await serveMdio({
  url: broker.url,
  lab: 'bench',
  device: 'phy0',
  kind: 'qt2025',
  ports: ['mdio'],
  datasheet: '',
  openSession: broker.openSession,
  port: (requester) => bus.port(requester),
});

const firmware = readFileSync(`${import.meta.dirname}/../firmware/ferrolab-qt2025.fw`);
device.write(QT2025.SREFCLK_FREQ.at, 0x0004);
device.write(QT2025.OP_MODE.at, 0x0038);
device.write(QT2025.LAN_WAN.at, 0x0098);
device.write(QT2025.MICRO_RESETN.at, 0x0002);
for (const { at, length, offset } of QT2025_SRAM)
  firmware.subarray(offset, offset + length).forEach((byte, i) => void device.write(at + i, byte));
device.write(QT2025.MICRO_BOOT.at, 0x0040);
while (device.peek(QT2025_XDATA.UC_STATUS.at) !== UC_STATUS.tracking)
  await new Promise((resolve) => setTimeout(resolve, STATUS_EVERY_MS));

process.on(
  'SIGTERM',
  () =>
    void served
      .close()
      .then(() => broker.close())
      .then(() => process.exit(0)),
);
process.stdout.write(`${broker.url}\n`);
/** Cycles since the last question. */
let since = { cycles: device.micro.cpu.now(), at: performance.now() };
process.stdin.on('data', () => {
  const now = { cycles: device.micro.cpu.now(), at: performance.now() };
  process.stdout.write(`${((now.cycles - since.cycles) / (now.at - since.at)) * 1000}\n`);
  since = now;
});
