/** Programs that make no sense, in the whole chip, with a host that meddles: nothing is thrown and nothing stands still. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Random } from '#bus/random.ts';
import { c45, Mmd } from '#datasheets/c45.ts';
import { QT2025, QT2025_ALL, QT2025_IMAGE, QT2025_XDATA_WINDOW } from '#datasheets/qt2025.ts';
import { bench } from '../bench.ts';
import { NS_PER_CYCLE } from './core-clock.ts';
import { INSTRUCTIONS } from './instructions.ts';

/** `FERROLAB_FUZZ=10000` for a long run. */
const IMAGES = Number(process.env.FERROLAB_FUZZ ?? 30);
const SEED = Number(process.env.FERROLAB_FUZZ_SEED ?? 8051);
const CHIP_MS = 10;
const CYCLES = (CHIP_MS * 1e6) / NS_PER_CYCLE;
/** An instruction, an interrupt: by so much the core may be ahead of the lab. */
const AHEAD_CYCLES = 30;
const FIRMWARE = new Uint8Array(readFileSync(new URL('../../../firmware/ferrolab-qt2025.fw', import.meta.url)));
const REGISTERS = Object.values(QT2025_ALL).map(({ at }) => at);

const KINDS: readonly ((random: Random) => Uint8Array)[] = [
  // Any bytes.
  (random) => Uint8Array.from({ length: random.below(QT2025_IMAGE.maxBytes + 1) }, () => random.below(0x100)),
  // Real firmware with some bytes wrong: gets farther.
  (random) => {
    const image = FIRMWARE.slice();
    for (let n = random.below(200); n >= 0; n--) image[random.below(image.length)] = random.below(0x100);
    return image;
  },
  // Instructions that reach what surrounds the core: pages of the gateway, timers, interrupts, the I2C master.
  (random) => {
    const image = new Uint8Array(0x1000);
    for (let at = 0; at < image.length - 20; at += 1) {
      const piece = busy(random);
      image.set(piece, at);
      at += piece.length - 1;
    }
    return image;
  },
];

const busy = (random: Random): readonly number[] => {
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const byte = () => random.below(0x100);
  const register = pick(REGISTERS);
  switch (random.below(6)) {
    case 0: // MOV sfr,#
      return [0x75, pick([0x80, 0x81, 0x88, 0x89, 0x8a, 0x8c, 0x93, 0xa8, 0xb8, 0xd0, 0xf4, 0xf5, 0xf6, 0xf7]), byte()];
    case 1: // a register of the chip: MOV 93h,#mmd; MOV DPTR,#; MOV A,#; MOVX @DPTR,A
      return [0x75, 0x93, register >> 16, 0x90, (register >> 8) & 0xff, register & 0xff, 0x74, byte(), 0xf0];
    case 2: // a cell of the page 0 block: MOV 93h,#0; MOV DPTR,#; MOV A,#; MOVX @DPTR,A
      return [0x75, 0x93, 0, 0x90, pick([0x00, 0x07, 0x10, 0x20, 0x21, 0x40]), byte(), 0x74, byte(), 0xf0];
    case 3: // somewhere else in this image
      return [0x02, random.below(0x10), byte()];
    default: {
      const opcode = byte();
      return [opcode, ...Array.from({ length: INSTRUCTIONS[opcode]!.bytes - 1 }, byte)];
    }
  }
};

test(
  `${IMAGES} random images run for ${CHIP_MS} ms each while the host reads, writes and pulls the module`,
  () => {
    const random = new Random(SEED);
    const { device, start, wait } = bench();
    const modules = ['sr', 'lrm', 'dac', 'unprogrammed'] as const;
    for (let n = 0; n < IMAGES; n++) {
      device.control('power-cycle');
      start(KINDS[n % KINDS.length]!(random));
      expect(device.micro.running, `image ${n} started`).toBe(true);
      for (let t = 0; t < CHIP_MS; t++) {
        for (let accesses = random.below(4); accesses >= 0; accesses--) meddle(random, device);
        if (random.below(5) === 0) device.control('light', { dbm: random.below(40) - 40 });
        if (random.below(20) === 0) device.control('remove');
        if (random.below(20) === 0) device.control('insert', { kind: modules[random.below(modules.length)] });
        const running = device.micro.running;
        const began = device.micro.cpu.now();
        wait(1);
        device.peek(QT2025_XDATA_WINDOW.at);
        const ran = device.micro.cpu.now() - began;
        expect(ran, `image ${n}, cycles in a millisecond`).toBeLessThanOrEqual(CYCLES / CHIP_MS + AHEAD_CYCLES);
        // A program may pull its own reset line, wipe the chip, or divide its clock by as much as 16.
        if (running && device.micro.running)
          expect(ran, `image ${n}, cycles in a millisecond`).toBeGreaterThanOrEqual(
            CYCLES / CHIP_MS / 16 - AHEAD_CYCLES,
          );
      }
      expect(device.micro.cpu.pc).toBeLessThan(0x10000);
      device.inspect();
    }
    // After all that it is a PHY like any other.
    for (const { name } of device.activeFaults) device.clear(name);
    device.control('power-cycle');
    device.control('insert', { kind: 'sr' });
    device.control('light', { dbm: -3 });
    start(FIRMWARE);
    wait(3000);
    expect(device.peek(c45(Mmd.PCS, 0xd7fd))).toBe(0x70);
  },
  20_000 + 500 * IMAGES,
);

type Device = ReturnType<typeof bench>['device'];
const meddle = (random: Random, device: Device): void => {
  const near = REGISTERS[random.below(REGISTERS.length)]!;
  const window = QT2025_XDATA_WINDOW.at + random.below(0x800);
  const at = [near, window, c45(1 + random.below(4), random.below(0x10000))][random.below(3)]!;
  if (random.below(3) === 0 && at !== QT2025.MICRO_RESETN.at) device.write(at, random.below(0x10000));
  else expect(device.read(at)).toBeLessThan(0x10000);
};
