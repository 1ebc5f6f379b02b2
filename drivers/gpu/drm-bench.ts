/** A display without hardware, in virtual time: two CRTCs that flip by a timer, where the rules of the core are tested. */
import { VirtualClock } from '#bus/clock.ts';
import type { LoadedModule } from '#bus/kernel-port.ts';
import { type InProcess, inProcess } from '../kernel/in-process.ts';
import { defineModule } from '../kernel/module.ts';
import { ATOMIC_FLAG } from './atomic-request.ts';
import { type DrmDeclaration, DrmDevice } from './drm-device.ts';
import type { DrmFile } from './drm-file.ts';
import { formatNamed } from './fourcc.ts';
import type { ConnectorStatus } from './kms-state.ts';
import { DMT } from './mode-list.ts';
import { encodeMode, frameDurationNs, type Mode } from './modes.ts';
import { type Crtc, NO_SCALING, type PlaneDeclaration } from './pipeline.ts';
import type { UserValue } from './property.ts';
import type { Rect } from './rect.ts';
import { VblankTimer } from './vblank-timer.ts';

export const codeOf = (name: string): number => formatNamed(name)?.code ?? 0;

export class DrmBench {
  readonly clock = new VirtualClock();
  readonly kernel: InProcess = inProcess(this.clock);
  readonly device: DrmDevice;
  /** What the hardware was told, oldest first: `plane 3 fb 40 damage 0,0-64,64`. */
  readonly told: string[] = [];
  /** Flips are never done while it is set. */
  stuck = false;
  /** As a driver without vblanks: a flip is done when it is asked for. */
  immediate = false;
  /** Thrown by the next flush. */
  failing: unknown;
  status: ConnectorStatus = 'connected';
  edid: Uint8Array | undefined;
  readonly #loaded: Promise<LoadedModule>;

  constructor(crtcs = 2, declared: Partial<DrmDeclaration> = {}) {
    let device: DrmDevice | undefined;
    const module = defineModule({
      name: 'bare',
      description: '',
      author: '',
      license: '',
      drives: [],
      init: (kernel) => {
        device = new DrmDevice({ ...LIMITS, ...declared }, kernel);
        this.#build(device, crtcs);
      },
    });
    this.#loaded = module.load(this.kernel, {});
    if (device === undefined) throw new Error('init has not run');
    this.device = device;
  }

  async unload(): Promise<void> {
    const loaded = await this.until(this.#loaded);
    await this.until(loaded.exit());
  }

  #build(device: DrmDevice, crtcs: number): void {
    for (let i = 0; i < crtcs; i++) {
      const crtc = device.addCrtc((vblank) => {
        const timer = new VblankTimer(device.kernel, vblank);
        return {
          gammaEntries: 256,
          background: true,
          vrr: true,
          funcs: {
            modeValid: (mode) => (mode.clockKHz > 600_000 ? `${mode.clockKHz} kHz is too fast` : undefined),
            atomicEnable: async ({ mode }) => {
              if (mode !== null) timer.restart(frameDurationNs(mode));
              this.told.push(`crtc ${i} on`);
            },
            atomicDisable: async () => void this.told.push(`crtc ${i} off`),
            atomicFlush: async () => {
              const { failing } = this;
              this.failing = undefined;
              if (failing !== undefined) throw failing;
              if (this.immediate) return 'done';
              return this.stuck ? 'flip-done-follows' : 'at-next-vblank';
            },
            enableVblank: () => timer.enable(),
            disableVblank: () => timer.disable(),
            queryVblank: () => timer.query(),
          },
        };
      });
      const plane = (of: Partial<PlaneDeclaration>): PlaneDeclaration => ({
        type: 'Overlay',
        possibleCrtcs: 1 << crtc.index,
        formats: ['XRGB8888', 'ARGB8888', 'RGB565', 'NV12', 'XRGB2101010'].map(codeOf),
        scaling: { min: 65536 / 4, max: 65536 * 4 },
        canPosition: true,
        zpos: { min: 0, max: 7, initially: 1 },
        alpha: true,
        blendModes: ['Pre-multiplied', 'Coverage', 'None'],
        rotations: 0x3f,
        funcs: {
          atomicUpdate: async ({ fb }, _, damage) =>
            void this.told.push(`update ${of.type ?? 'Overlay'} ${i} fb ${fb?.id} ${damage.map(printRect).join(' ')}`),
          atomicDisable: async () => void this.told.push(`disable ${of.type ?? 'Overlay'} ${i}`),
        },
        ...of,
      });
      device.addPlane(plane({ type: 'Primary', canPosition: false, scaling: NO_SCALING, zpos: FIXED }));
      device.addPlane(plane({}));
      device.addPlane(plane({ type: 'Cursor', formats: [codeOf('ARGB8888')], scaling: NO_SCALING }));
      device.addConnector({
        name: `Virtual-${i + 1}`,
        type: 15,
        possibleCrtcs: 1 << crtc.index,
        generic: { width: 1920, height: 1080, preferred: [1024, 768] },
        linkStatus: true,
        maxBpc: 12,
        vrrCapable: true,
        funcs: { detect: async () => this.status, readEdid: async () => this.edid },
      });
    }
    device.addConnector({
      name: 'Writeback-1',
      type: 18,
      possibleCrtcs: 1,
      writeback: [codeOf('XRGB8888')],
      funcs: {
        detect: async () => 'unknown',
        writeback: async (fb) => void this.told.push(`writeback fb ${fb.id}`),
      },
    });
  }

  async until<V>(promise: Promise<V>): Promise<V> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => {});
    await this.clock.run(this.clock.now() + 60e9, () => settled);
    if (!settled) throw new Error('nothing had come of it after a minute of virtual time');
    return done;
  }

  async pass(ns: number): Promise<void> {
    await this.clock.run(this.clock.now() + ns);
  }

  client(name = 'client'): Client {
    return new Client(this, this.device.open(name));
  }

  plane(type: 'Primary' | 'Overlay' | 'Cursor', crtc = 0) {
    const found = this.device.planes.filter(({ is }) => is.type === type)[crtc];
    if (found === undefined) throw new Error(`no ${type} plane of CRTC ${crtc}`);
    return found;
  }
}

/** An atomic client with names for properties. */
export class Client {
  readonly bench: DrmBench;
  readonly file: DrmFile;

  constructor(bench: DrmBench, file: DrmFile) {
    this.bench = bench;
    this.file = file;
    file.setClientCap('atomic', 1);
    file.setClientCap('writeback_connectors', 1);
  }

  fb(width: number, height: number, format = 'XRGB8888'): number {
    const { handle, pitchBytes } = this.file.createDumb({ width, height, bpp: format === 'RGB565' ? 16 : 32 });
    return this.file.addFb2({ width, height, fourcc: codeOf(format), handles: [handle], pitches: [pitchBytes] });
  }

  modeBlob(mode: Mode): number {
    return this.file.createBlob(encodeMode(mode));
  }

  id(object: number, name: string): number {
    const found = this.file.properties(object).get(name);
    if (found === undefined) throw new Error(`object ${object} has no property ${name}`);
    return found.id;
  }

  value(object: number, name: string): number {
    const found = this.file.properties(object).get(name);
    if (found === undefined) throw new Error(`object ${object} has no property ${name}`);
    return found.value;
  }

  /** `[object, { PROPERTY: value }]`, in order. */
  request(changes: readonly (readonly [object: number, values: Readonly<Record<string, UserValue>>])[], flags = 0) {
    const objects = changes.map(([id, values]) => ({
      id,
      properties: Object.entries(values).map(([name, value]) => [this.id(id, name), value] as const),
    }));
    return { objects, flags };
  }

  async atomic(
    changes: readonly (readonly [object: number, values: Readonly<Record<string, UserValue>>])[],
    flags = 0,
    userData = 0n,
  ): Promise<void> {
    await this.bench.until(this.file.atomic({ ...this.request(changes, flags), userData }));
  }

  /** The changes that light one CRTC with a framebuffer on its primary plane. */
  light(fb: number, mode: Mode = MODE, crtcIndex = 0): [number, Record<string, UserValue>][] {
    const { device } = this.bench;
    const crtc = device.crtcs[crtcIndex]!; // the bench has two
    const connector = device.connectors[crtcIndex]!; // one each
    return [
      [crtc.id, { ACTIVE: 1, MODE_ID: this.modeBlob(mode) }],
      [connector.id, { CRTC_ID: crtc.id }],
      [this.bench.plane('Primary', crtcIndex).id, this.whole(fb, crtc.id, mode.hdisplay, mode.vdisplay)],
    ];
  }

  whole(fb: number, crtc: number, width: number, height: number): Record<string, UserValue> {
    return {
      ...{ FB_ID: fb, CRTC_ID: crtc, CRTC_X: 0, CRTC_Y: 0, CRTC_W: width, CRTC_H: height },
      ...{ SRC_X: 0, SRC_Y: 0, SRC_W: width * 65536, SRC_H: height * 65536 },
    };
  }
}

/** A bench with a client that has lit the first CRTC. */
export const litCore = async () => {
  const bench = new DrmBench();
  const client = bench.client();
  const fb = client.fb(640, 480);
  await client.atomic(client.light(fb), ATOMIC_FLAG.ALLOW_MODESET);
  bench.told.length = 0;
  const [crtc, other] = bench.device.crtcs as [Crtc, Crtc]; // the bench has two
  const connector = bench.device.connectors[0]!; // one each
  const [primary, overlay] = [bench.plane('Primary'), bench.plane('Overlay')];
  return { bench, client, file: client.file, crtc, other, connector, primary, overlay, fb };
};

/** 640x480. */
export const MODE: Mode = DMT[0]!; // the table has it

const FIXED = { min: 0, max: 0, initially: 0 } as const;
const LIMITS = {
  name: 'bare',
  minWidth: 10,
  minHeight: 10,
  maxWidth: 8192,
  maxHeight: 8192,
  cursorWidth: 512,
  cursorHeight: 512,
  pitchAlignBytes: 64,
  dumb: true,
  modifiers: true,
  atomic: true,
} as const;

const printRect = ({ x1, y1, x2, y2 }: Rect): string => `${x1},${y1}-${x2},${y2}`;
