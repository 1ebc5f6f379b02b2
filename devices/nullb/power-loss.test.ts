/** Power fails at a random moment: what was flushed or written through survives, and no sector is half old and half new. */
import { expect, test } from 'vitest';
import { Random } from '#bus/random.ts';
import { bench, SECTOR } from './bench.ts';

const SECTORS = 256;
const WORDS = SECTOR / 4;

/** One life of a device: writes of random places and lengths, some flushes, then the cut. Each sector carries its version. */
const cutOnce = (seed: number, survives: number): void => {
  const random = new Random(seed);
  const on = bench(
    { memory_backed: '1', cache_size: '1', size: '1', irqmode: random.below(2) === 0 ? '0' : '2' },
    { seed },
  );
  /** Newest version that is durable, and every version given to the device since. */
  const durable = new Array<number>(SECTORS).fill(0);
  const since: number[][] = Array.from({ length: SECTORS }, () => []);
  const steps = 5 + random.below(40);
  for (let version = 1; version <= steps; version++) {
    if (random.below(8) === 0) {
      on.status('flush');
      for (const [sector, versions] of since.entries()) durable[sector] = versions.splice(0).at(-1) ?? durable[sector]!;
      continue;
    }
    const sector = random.below(SECTORS);
    const sectors = 1 + random.below(Math.min(24, SECTORS - sector));
    const fua = random.below(6) === 0;
    const data = new Uint8Array(sectors * SECTOR).fill(version);
    // the last one may still be on its way when power goes
    const command = { data, fua, tag: version % 64 };
    if (version === steps) on.submit('write', sector, sectors, command);
    else if (on.status('write', sector, sectors, command) !== 'OK') throw new Error(`seed ${seed}: a write failed`);
    for (let i = sector; i < sector + sectors; i++)
      if (fua && version !== steps) {
        durable[i] = version;
        since[i]!.length = 0;
      } else since[i]!.push(version);
  }
  const answered = on.completions.length;
  on.device.control('power-cut', { survives });
  on.clock.advance(1e9);
  expect(on.completions.length).toBe(answered);
  expect(on.status('read', 0, 1)).toBe('OFFLINE');

  on.device.control('power-on');
  const data = on.run('read', 0, SECTORS)?.data ?? new Uint8Array();
  const words = new Uint32Array(data.buffer);
  for (let sector = 0; sector < SECTORS; sector++) {
    const version = data[sector * SECTOR]!;
    const word = version * 0x01010101;
    for (let at = sector * WORDS; at < (sector + 1) * WORDS; at++)
      if (words[at] !== word) throw new Error(`seed ${seed}: sector ${sector} is half one thing`);
    if (version !== durable[sector] && !since[sector]!.includes(version))
      throw new Error(`seed ${seed}: sector ${sector} holds ${version}; durable is ${durable[sector]}`);
    // nothing had survived by chance: only what was made durable, or the write that was on its way with FUA
    if (survives === 0 && version !== durable[sector] && version !== steps)
      throw new Error(`seed ${seed}: sector ${sector} kept ${version} although the cache was lost`);
  }
};

test('1,000 random cut points: flushed and FUA writes survive, others may, never half a sector', () => {
  for (let seed = 1; seed <= 1000; seed++) cutOnce(seed, seed % 2 === 0 ? 0 : 50);
}, 60_000);

test('with half of the cache surviving, some writes are kept and some lost', () => {
  const on = bench({ memory_backed: '1', cache_size: '1', size: '1', irqmode: '0' });
  on.write(0, 256, 1);
  on.device.control('power-cut', { survives: 50 });
  on.device.control('power-on');
  const kept = (on.read(0, 256) ?? []).filter((byte) => byte === 1).length;
  expect(kept).toBeGreaterThan(64);
  expect(kept).toBeLessThan(192);
});

test('without a cache nothing that was answered is lost', () => {
  const on = bench({ memory_backed: '1', size: '1', irqmode: '0' });
  on.write(0, 256, 1);
  on.device.control('power-cut');
  on.device.control('power-on');
  expect(on.read(0, 256)).toEqual(Array(256).fill(1));
});

test('a cut tells the bus, a second one is refused, and power on tells it again', () => {
  const on = bench();
  on.device.control('power-cut');
  expect(() => on.device.control('power-cut')).toThrow(/off already/);
  on.device.control('power-on');
  expect(on.events).toEqual(['removed', 'resized']);
});
