/** `/api/v1/devices/:device/registers`: look at them, poke them by the silicon's side, read them on the bus. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { RegisterView } from '#bus/api.ts';
import { LabError, unknownName } from '#bus/errors.ts';
import { addressFrame, driven, readFrame } from '#bus/mdio.ts';
import type { MmioWidth } from '#bus/mmio.ts';
import { mmdOf } from '#datasheets/c45.ts';
import { encode } from '#regmap/codec.ts';
import { addressOf, nameAt } from '#regmap/names.ts';
import type { BenchDevice } from '../bench.ts';
import type { LabContext } from '../context.ts';
import { portsOf } from '../device-kinds.ts';
import { printAddress, registerView, registerViews } from '../device-views.ts';
import { DeviceParam, REQUESTER, RegisterParam, Settings } from './schemas.ts';
import { list, Register, RegisterRead } from './views.ts';

const Value = Type.Integer({ minimum: 0, maximum: 0xffffffff });

export const registersApi =
  (lab: LabContext): FastifyPluginAsyncTypebox =>
  async (app) => {
    const schema = { tags: ['registers'] };

    app.get(
      '/devices/:device/registers',
      {
        schema: {
          ...schema,
          response: { 200: list(Register) },
          summary: 'Every declared register: level, next bus read, decoded',
          params: DeviceParam,
        },
      },
      ({ params }): readonly RegisterView[] => registerViews(lab.bench.device(params.device)),
    );

    app.get(
      '/devices/:device/registers/:register',
      {
        schema: {
          ...schema,
          response: { 200: Register },
          summary: 'One register or memory address, no side effects',
          params: RegisterParam,
        },
      },
      ({ params }): RegisterView => {
        const device = lab.bench.device(params.device);
        return viewAt(device, addressIn(device, params.register));
      },
    );

    app.put(
      '/devices/:device/registers/:register',
      {
        schema: {
          ...schema,
          response: { 200: Register },
          summary: 'Pokes: sets the level as the silicon would, read-only fields too; a note in the trace',
          params: RegisterParam,
          body: Type.Union([
            Type.Object({ value: Value }, { additionalProperties: false }),
            Type.Object({ fields: Settings }, { additionalProperties: false }),
          ]),
        },
      },
      ({ params, body }): RegisterView => {
        const device = lab.bench.device(params.device);
        const at = addressIn(device, params.register);
        device.poke(
          at,
          'value' in body ? fitting(device, at, body.value) : withFields(device, at, body.fields),
          REQUESTER,
        );
        return viewAt(device, at);
      },
    );

    app.post(
      '/devices/:device/registers/:register/read',
      {
        schema: {
          ...schema,
          response: { 200: RegisterRead },
          summary: 'Reads on the bus with side effects: latches re-arm, counters clear; recorded as `dashboard`',
          params: RegisterParam,
        },
      },
      async ({ params }) => {
        const device = lab.bench.device(params.device);
        const at = addressIn(device, params.register);
        const { mmio } = device.buses;
        if (mmio !== undefined) {
          const value = await mmio.port(REQUESTER).read(at, widthBytes(device, at));
          return { ...viewAt(device, at), value, driven: true };
        }
        const { prtad } = device;
        const frames = Uint32Array.of(addressFrame(prtad, at), readFrame(prtad, mmdOf(at)));
        const [frame] = await device.bus.transfer(frames, REQUESTER);
        if (frame === undefined)
          throw new LabError('EPROTO', `a read of ${printAddress(device.device, at)} was answered with no frame`);
        return { ...viewAt(device, at), value: frame & 0xffff, driven: driven(frame) };
      },
    );
  };

/** ENOENT with a "did you mean" for what is neither a register nor an address. */
const addressIn = ({ device }: BenchDevice, register: string): number => {
  const at = addressOf(device.registers, register) ?? offsetOf(device, register);
  if (at === undefined) throw unknownName('register', register, Object.keys(device.registers));
  const spans = device.spans.some((span) => at >= span.at && at < span.at + span.length);
  if (nameAt(device.registers, at) === undefined && !spans)
    throw new LabError('ENOENT', `${printAddress(device, at)} is not modelled: neither a declared register nor memory`);
  return at;
};

/** `1010h` or `0x1010`, where registers are at byte offsets. */
const offsetOf = ({ kind }: BenchDevice['device'], register: string): number | undefined => {
  const [, digits] = /^(?:0x)?([0-9a-f]{1,8})h?$/i.exec(register) ?? [];
  return digits === undefined || !portsOf(kind).includes('mmio') ? undefined : Number.parseInt(digits, 16);
};

const widthBytes = ({ device }: BenchDevice, at: number): MmioWidth => {
  const width = device.registers[nameAt(device.registers, at) ?? '']?.width ?? 8;
  return width === 32 ? 4 : width === 16 ? 2 : 1;
};

/** EINVAL for a value the register is too narrow for. */
const fitting = ({ device }: BenchDevice, at: number, value: number): number => {
  const width = device.registers[nameAt(device.registers, at) ?? '']?.width ?? 16;
  if (value < 2 ** width) return value;
  throw new LabError('EINVAL', `value ${value} does not fit ${printAddress(device, at)}; it has ${width} bits`);
};

const viewAt = ({ device }: BenchDevice, at: number): RegisterView => {
  const name = nameAt(device.registers, at);
  const declared = name === undefined ? undefined : registerView(device, name);
  if (declared !== undefined) return declared;
  const span = device.spans.find((one) => at >= one.at && at < one.at + one.length);
  const next = device.look(at);
  return {
    name: span?.name ?? '',
    at,
    address: printAddress(device, at),
    level: device.peek(at),
    next,
    text: span === undefined ? '' : `byte ${span.offset + at - span.at} of ${span.name}`,
  };
};

const withFields = ({ device }: BenchDevice, at: number, fields: Readonly<Record<string, unknown>>): number => {
  const register = device.registers[nameAt(device.registers, at) ?? ''];
  if (register === undefined)
    throw new LabError('EINVAL', `${printAddress(device, at)} is memory and has no fields; give a value`);
  for (const name of Object.keys(fields))
    if (!Object.hasOwn(register.fields, name)) throw unknownName('field', name, Object.keys(register.fields), 'EINVAL');
  return encode(register, fields as Parameters<typeof encode>[1], device.peek(at)); // encode checks each value
};
