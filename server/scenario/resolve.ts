/** Names in a scenario turned into addresses and bits by the datasheets, with a "did you mean" for what does not exist. */
import { unknownName } from '#bus/errors.ts';
import type { Catalogue } from '#regmap/actions.ts';
import { encodeField } from '#regmap/codec.ts';
import { fieldMask, fieldMax, type Register } from '#regmap/declare.ts';
import { addressOf, nameAt } from '#regmap/names.ts';
import { settle } from '#regmap/params.ts';
import type { BenchSpec, DeviceKind } from '#server/bench-spec.ts';
import { portsOf } from '#server/device-kinds.ts';
import type { Bits, Values, WantedAccess } from './model.ts';
import { PARTS, type Part } from './parts.ts';
import type { Path, Source } from './source.ts';

type Spans = readonly (readonly [first: number, last: number])[];

/** Resolves names against one scenario's bench; every refusal carries the place it stood. */
export class Resolver {
  readonly #bench: BenchSpec;
  readonly #source: Source;
  readonly #io = new Map<string, string>();
  readonly #drawn = new Map<string, string>();
  readonly #kept = new Map<string, string>();

  constructor(bench: BenchSpec, source: Source) {
    this.#bench = bench;
    this.#source = source;
  }

  get bench(): BenchSpec {
    return this.#bench;
  }

  /** A device of the bench, by its part. */
  part(device: string, path: Path, key?: 'key'): Part {
    const spec = Object.hasOwn(this.#bench, device) ? this.#bench[device] : undefined;
    if (spec === undefined) throw this.#unknown('device', device, Object.keys(this.#bench), path, key);
    return PARTS[spec.device];
  }

  /** The address of a register or of a byte of memory. */
  address(device: string, asked: string, path: Path, key?: 'key'): number {
    const { registers, spans } = this.part(device, path);
    const at = Object.hasOwn(registers, asked) ? registers[asked]?.at : addressOf(registers, asked);
    if (at === undefined) throw this.#unknown('register', asked, Object.keys(registers), path, key);
    const known = nameAt(registers, at) !== undefined || spans.some((span) => inside(at, span));
    if (!known) throw this.#source.error(path, `${asked} is neither a register nor memory of ${device}`, key);
    return at;
  }

  /** `phy0.UC_STATUS` as device and address. */
  target(asked: string, path: Path): { readonly device: string; readonly at: number } {
    const [device, register] = splitTarget(asked);
    if (register === undefined)
      throw this.#source.error(
        path,
        `'${asked}' names no register; it takes a device and a register as phy0.PCS_STAT1`,
      );
    return { device, at: this.address(device, register, path) };
  }

  /** `phy0`, `phy0.REGISTER` or `phy0.SPAN` as device and addresses. */
  ranges(asked: string, path: Path): { readonly device: string; readonly spans: Spans | null } {
    const [device, name] = splitTarget(asked);
    const part = this.part(device, path);
    if (name === undefined) return { device, spans: null };
    const memory = part.spans.filter((span) => span.name === name);
    if (memory.length > 0) return { device, spans: memory.map(({ at, length }) => [at, at + length - 1]) };
    const at = this.address(device, name, path);
    return { device, spans: [[at, at]] };
  }

  /** `nullb0.zone_size` as device and attribute. */
  attribute(asked: string, path: Path): { readonly device: string; readonly name: string } {
    const [device, name] = splitTarget(asked);
    if (name === undefined)
      throw this.#source.error(
        path,
        `'${asked}' names no attribute; it takes a device and an attribute as nullb0.memory_backed`,
      );
    this.attributeOf(device, name, path);
    return { device, name };
  }

  /** Refuses a name that no personality of the device has. */
  attributeOf(device: string, name: string, path: Path, key?: 'key'): void {
    const known = Object.keys(this.part(device, path).attributes);
    if (!known.includes(name)) throw this.#unknown('attribute', name, known, path, key);
  }

  /** Names given to work, and the device it was for. */
  nameIo(name: string, device: string, path: Path): void {
    if (this.#io.has(name)) throw this.#source.error(path, `'${name}' names other work already`);
    this.#io.set(name, device);
  }

  /** The device that work of this name is for. */
  ioDevice(name: string, path: Path): string {
    const device = this.#io.get(name);
    if (device === undefined) throw this.#unknown('work', name, [...this.#io.keys()], path);
    return device;
  }

  kind(device: string, path: Path): DeviceKind {
    const spec = Object.hasOwn(this.#bench, device) ? this.#bench[device] : undefined;
    if (spec === undefined) throw this.#unknown('device', device, Object.keys(this.#bench), path);
    return spec.device;
  }

  /** Refuses what has no management bus to make noise on. */
  managed(device: string, path: Path): void {
    const kind = this.kind(device, path);
    if (!portsOf(kind).includes('mdio'))
      throw this.#source.error(path, `${device} is a ${kind} without a management bus; 'bus-fault' goes on any bus`);
  }

  /** Refuses what has no screen. */
  display(device: string, path: Path): void {
    const kind = this.kind(device, path);
    if (kind !== 'display') throw this.#source.error(path, `${device} is a ${kind}; it takes a display`);
  }

  /** Drawing of this name is for that device. */
  nameDraw(name: string, device: string, path: Path): void {
    if (this.#drawn.has(name)) throw this.#source.error(path, `'${name}' names other drawing already`);
    this.#drawn.set(name, device);
  }
  drawDevice(name: string, path: Path): string {
    const device = this.#drawn.get(name);
    if (device === undefined) throw this.#unknown('drawing', name, [...this.#drawn.keys()], path);
    return device;
  }

  /** A frame of this device is kept under that name, the last one counts. */
  keepFrame(name: string, device: string, path: Path): void {
    if ((this.#kept.get(name) ?? device) !== device)
      throw this.#source.error(path, `'${name}' is a frame of ${this.#kept.get(name)}`);
    this.#kept.set(name, device);
  }
  kept(name: string, device: string, path: Path): void {
    const known = [...this.#kept].flatMap(([frame, of]) => (of === device ? [frame] : []));
    if (!known.includes(name)) throw this.#unknown(`frame kept of ${device}`, name, known, path);
  }

  /** A whole value or named fields of a register. */
  bits(device: string, at: number, given: number | Values, path: Path): Bits {
    const { registers } = this.part(device, path);
    const name = nameAt(registers, at);
    const register = name === undefined ? undefined : registers[name];
    const all = register === undefined ? 0xff : 2 ** register.width - 1;
    if (typeof given === 'number') {
      if (given > all) throw this.#source.error(path, `${given} does not fit; it takes 0 to ${all}`);
      return { mask: all, value: given };
    }
    let bits: Bits = { mask: 0, value: 0 };
    for (const [field, value] of Object.entries(given)) {
      const one = this.#field(name ?? 'memory', register, field, value, [...path, field]);
      bits = { mask: (bits.mask | one.mask) >>> 0, value: (bits.value | one.value) >>> 0 };
    }
    return bits;
  }

  /** A fault or control by name, its parameters checked; they are handed on as they were given. */
  action(catalogue: Catalogue, what: string, name: string, params: Values, path: Path): void {
    const action = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
    if (action === undefined) throw this.#unknown(what, name, Object.keys(catalogue), path);
    try {
      settle(action.params, params);
    } catch (error) {
      throw this.#source.error(path, `${what} ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** `write MICRO_RESETN 0002h`: operation, register, optionally a value in hexadecimal. */
  access(device: string, asked: string, path: Path): WantedAccess {
    const match = /^(read|write)\s+(\S+)(?:\s+(?:=\s*)?(?:0x)?([0-9A-Fa-f]{1,4})h?)?$/.exec(asked.trim());
    const [, op, register, value] = match ?? [];
    if (op === undefined || register === undefined)
      throw this.#source.error(
        path,
        `'${asked}' is no access; it takes \`read HW_REV\` or \`write MICRO_RESETN 0002h\``,
      );
    return {
      op: op === 'read' ? 'read' : 'write',
      at: this.address(device, register, path),
      value: value === undefined ? null : Number.parseInt(value, 16),
    };
  }

  #field(name: string, register: Register | undefined, field: string, value: unknown, path: Path): Bits {
    const fields = register?.fields ?? {};
    const declared = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (declared === undefined) throw this.#unknown(`field of ${name}`, field, Object.keys(fields), path, 'key');
    try {
      if (typeof value === 'string' && declared.names !== undefined && !Object.hasOwn(declared.names, value))
        throw unknownName(`value of ${name}.${field}`, value, Object.keys(declared.names));
      if (declared.boolean && typeof value !== 'boolean' && value !== 0 && value !== 1)
        throw new RangeError(`${field} is ${JSON.stringify(value)}, it takes true or false`);
      if (typeof value === 'boolean' && !declared.boolean)
        throw new RangeError(`${field} is ${value}, it takes 0 to ${fieldMax(declared)}`);
      return { mask: fieldMask(declared), value: (encodeField(field, declared, value) << declared.lo) >>> 0 };
    } catch (error) {
      throw this.#source.error(path, error instanceof Error ? error.message : String(error));
    }
  }

  #unknown(what: string, asked: string, known: readonly string[], path: Path, key?: 'key') {
    return this.#source.error(path, unknownName(what, asked.slice(0, 60), known).message, key);
  }
}

/** `phy0.3.A010` is the device `phy0` and the register `3.A010`. */
const splitTarget = (asked: string): readonly [device: string, register?: string] => {
  const dot = asked.indexOf('.');
  return dot < 0 ? [asked] : [asked.slice(0, dot), asked.slice(dot + 1)];
};

const inside = (at: number, span: { readonly at: number; readonly length: number }): boolean =>
  at >= span.at && at < span.at + span.length;
