/** Process of the display benchmark: a lab whose display a painter drives, as `up` builds it; prints where it is and ends with SIGTERM. */
import { join } from 'node:path';
import type { DisplayPanel } from '#bus/display-panel.ts';
import { startLab } from '#server/lab.ts';
import { WIDTH } from './display-scenes.ts';

const root = join(import.meta.dirname, '..');
const lab = await startLab({
  httpPort: 0,
  mqttPort: 0,
  vnc: { port: 0 },
  bench: { card0: { device: 'display', monitor: 'fhd60' } },
  webRoot: join(root, 'web/dist'),
  driverHost: { command: [process.execPath, join(root, 'drivers/host.ts')] },
});
await lab.host.modules.insmod({
  driver: join(import.meta.dirname, 'display-painter.ts'),
  device: 'card0',
  params: { scene: process.argv[2] ?? 'full' },
  trusted: true,
});
// viewers come when the painter has set its mode
const shown = (): number => (lab.host.bench.device('card0').device.inspect() as DisplayPanel).mode?.width ?? 0;
while (shown() !== WIDTH) await new Promise((resolve) => setTimeout(resolve, 20));
process.on('SIGTERM', () => void lab.close().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ url: lab.url, port: lab.vnc[0]?.port })}\n`);
