/** Process of the page benchmark: a lab on which so many accesses a second happen, up to a total; prints where it is and ends with SIGTERM. */
import { join } from 'node:path';
import { QT2025 } from '#datasheets/qt2025.ts';
import { startLab } from '#server/lab.ts';

const [perSecond = 100_000, total = 1_000_000] = process.argv.slice(2).map(Number);
const TURN_MS = 20;

const root = join(import.meta.dirname, '..');
const lab = await startLab({
  httpPort: 0,
  mqttPort: 0,
  bench: { phy0: { device: 'qt2025', prtad: 1 } },
  webRoot: join(root, 'web/dist'),
  drivers: false,
  logLevel: 'silent',
  driverHost: { command: [process.execPath, join(root, 'drivers/host.ts')] },
});
const { trace, clock } = lab.host;
const { PCS_STAT1, PMA_STAT1, HW_REV, PMA_DEVID1, OP_MODE } = QT2025;
const places = [PCS_STAT1, PMA_STAT1, HW_REV, OP_MODE, PMA_DEVID1].map(({ at }) => at);
let made = 0;
// straight into the trace: what is measured is the page, not a driver
const record = (): void => {
  const at = places[(made * 3) % places.length] ?? 0;
  const op = made % 16 === 7 ? 'write' : 'read';
  const value = made % 3 === 0 ? 0x0004 : made & 0xffff;
  trace.record({ device: 'phy0', requester: 'flood', op, outcome: 'ok', time: clock.now(), at, value, wireNs: 51_200 });
  made++;
};
const watched = async (): Promise<boolean> =>
  /^ferrolab_feed_clients [1-9]/m.test(await (await fetch(`${lab.url}/metrics`)).text());
process.on('SIGTERM', () => void lab.close().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ url: lab.url })}\n`);
while (!(await watched())) await new Promise((resolve) => setTimeout(resolve, 100));
const began = performance.now();
while (made < total) {
  await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  const due = Math.min(total, ((performance.now() - began) / 1000) * perSecond);
  while (made < due) record();
}
