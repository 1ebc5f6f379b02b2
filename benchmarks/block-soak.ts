/** `node benchmarks/block-soak.ts [seconds]`: fio at full rate, killed again and again in the middle of its requests; nothing may be left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { RealClock } from '#bus/clock.ts';
import { BlockHost } from '#server/nbd/block-host.ts';

const SECONDS = Number(process.argv[2] ?? 300);
/** Of memory, after the first tenth has warmed everything up. */
const ALLOWED_GROWTH_BYTES = 64 * 2 ** 20;

const host = new BlockHost({ clock: new RealClock() });
const devices = [
  host.place('nullb0', { seed: 1, attributes: { size: '1024' } }),
  host.place('nullb1', { seed: 2, attributes: { size: '64', memory_backed: '1', discard: '1' } }),
  host.place('nullb2', { seed: 3, attributes: { size: '64', irqmode: '2', completion_nsec: '50000' } }),
];
devices[2]?.fault('latency', { us: 100 });
const { port } = await host.listen({ port: 0 });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const handles = (): number => readdirSync('/proc/self/fd').length;
/** Everybody has left, and the device has let go of every request. */
const quiet = async (): Promise<void> => {
  while (host.clients.length > 0 || devices.some((device) => device.inspect().inFlight > 0)) await pause(50);
  await pause(300);
};

const round = async (number: number): Promise<void> => {
  const uri = `nbd://127.0.0.1:${port}/nullb${number % 3}`;
  const args = ['--name=soak', '--thread', '--ioengine=nbd', `--uri=${uri}`, '--rw=randrw', '--bsrange=4k-256k'];
  const child = spawn('fio', [...args, '--iodepth=32', '--size=64m', '--time_based', '--runtime=60'], {
    stdio: 'ignore',
  });
  await pause(700 + ((number * 137) % 600));
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};

const began = performance.now();
let warm: { rss: number; handles: number } | undefined;
let rounds = 0;
while (performance.now() - began < SECONDS * 1000) {
  await round(rounds++);
  if (warm !== undefined || performance.now() - began < SECONDS * 100) continue;
  await quiet();
  warm = { rss: process.memoryUsage.rss(), handles: handles() };
}
await quiet();
const end = { rss: process.memoryUsage.rss(), handles: handles() };
const requests = devices.reduce((sum, device) => sum + device.inspect().requests, 0);
const lost = devices.reduce((sum, device) => sum + device.inspect().queues.reduce((all, q) => all + q.inFlight, 0), 0);
process.stdout.write(`${JSON.stringify({ seconds: SECONDS, kills: rounds, requests, tagsLost: lost, warm, end })}\n`);
const leaks = warm !== undefined && (end.rss - warm.rss > ALLOWED_GROWTH_BYTES || end.handles > warm.handles);
await host.close();
process.exitCode = leaks || lost > 0 ? 1 : 0;
