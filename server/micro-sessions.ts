/** The debuggers of a lab: one for each device that has a micro-controller, from the first time somebody asks. */
import type { VirtualDevice } from '#bus/device.ts';
import { LabError } from '#bus/errors.ts';
import type { LabContext } from './context.ts';
import { MICROS, SHIPPED_FIRMWARE } from './device-kinds.ts';
import { MicroSession } from './micro-session.ts';
import { type FoundSymbols, findSymbols } from './micro-symbols.ts';

export class MicroSessions {
  readonly #lab: LabContext;
  /** A device that is replaced takes its debugger with it. */
  readonly #sessions = new WeakMap<VirtualDevice, MicroSession>();

  constructor(lab: LabContext) {
    this.#lab = lab;
  }

  /** ENOENT without the device, EOPNOTSUPP where it has no micro-controller. */
  of(name: string): MicroSession {
    const { device } = this.#lab.bench.device(name);
    const known = this.#sessions.get(device);
    if (known !== undefined) return known;
    const micro = MICROS[device.kind]?.(device);
    if (micro === undefined)
      throw new LabError('EOPNOTSUPP', `${name} is a ${device.kind}, it has no micro-controller to debug`);
    const { clock, log } = this.#lab;
    const session = new MicroSession({
      device: name,
      micro,
      registers: device.registers,
      clock,
      log,
      findSymbols: this.#finder(name, micro.cpu.code),
    });
    this.#sessions.set(device, session);
    return session;
  }

  /** Looks for the map again only when program memory has changed. */
  #finder(device: string, code: Uint8Array): () => FoundSymbols | undefined {
    let looked: { readonly of: string; readonly found: FoundSymbols | undefined } | undefined;
    return () => {
      const images = this.#images(device);
      const of = `${fingerprint(code)} ${images.join(' ')}`;
      if (looked?.of !== of) looked = { of, found: findSymbols(code, images, this.#lab.firmware) };
      return looked.found;
    };
  }

  /** What may be in program memory: what the driver was told to load, and what the lab ships. */
  #images(device: string): readonly string[] {
    const loaded = this.#lab.modules.list().filter((module) => module.device === device);
    const named = loaded.map(({ params }) => params.firmware).filter((file) => typeof file === 'string');
    return [...named, SHIPPED_FIRMWARE];
  }
}

/** FNV-1a. */
const fingerprint = (bytes: Uint8Array): number =>
  bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
