/** The driver's end of the block wire: a BlockPort whose device is somewhere else. */

import type { BlockCommand, BlockCompletion, BlockEvent, BlockPort } from './block.ts';
import { bufferBreach } from './block-rules.ts';
import { VECTOR_HEAD_BYTES } from './block-serve.ts';
import { CompletionReader, decodeIdentity, encodeCommands, MAX_VECTOR_BYTES } from './block-wire.ts';
import type { BusClient } from './client.ts';
import { type ConnectOptions, connectDevice, type DeviceWire, type RemoteDevice } from './device-connect.ts';
import { LabError } from './errors.ts';
import { guarded } from './guarded.ts';
import { handOver } from './hand-over.ts';
import { framesToBody, MAX_BODY_BYTES } from './message.ts';

export type RemoteBlock = RemoteDevice & BlockPort;

/** A device used by its block port; rejects as `connectDevice` does. */
export const connectBlock = async (
  client: BusClient,
  device: string,
  options: ConnectOptions = {},
): Promise<RemoteBlock> => {
  const remote = await connectDevice(client, device, options);
  return Object.assign(remote, blockOver(remote));
};

/** The block port of a device that was found. */
export const blockOver = (remote: DeviceWire): BlockPort => {
  const reader = new CompletionReader();
  const completions = new Set<(completions: readonly BlockCompletion[]) => void>();
  const events = new Set<(event: BlockEvent) => void>();
  const deliver = (bytes: Uint8Array): void => {
    const whole = reader.read(bytes);
    if (whole.length > 0) for (const listener of [...completions]) guarded(() => listener(whole));
  };
  let vectors = 0;
  remote.on((event) => {
    if (event.kind === 'lost' || event.kind === 'missed') reader.reset();
    if (event.kind !== 'told') return;
    if (event.event.kind === 'completions') deliver(event.event.body);
    else {
      const { kind } = event.event;
      for (const listener of [...events]) guarded(() => listener(kind));
    }
  });
  return {
    identify: async () => decodeIdentity(await remote.ask('identify', new Uint8Array())),
    async submit(commands) {
      if (commands.length === 0) return;
      await checkBuffers(commands, remote);
      const bytes = encodeCommands(checked(commands));
      if (bytes.length > MAX_VECTOR_BYTES)
        throw new LabError('EMSGSIZE', `a vector of ${bytes.length} bytes; at most ${MAX_VECTOR_BYTES} go in one`);
      const messages = messagesOf(bytes, vectors++);
      const answers = messages.map((message) => remote.ask('block', message));
      // Given up once it is on its way: the driver must not see it again until the answer.
      for (const { data } of commands) if (data !== undefined) handOver(data);
      await settledInOrder(answers);
    },
    async poll(hctx) {
      return reader.read(await remote.ask('poll', framesToBody(Uint32Array.of(hctx))));
    },
    onCompletion(listener) {
      completions.add(listener);
      return () => void completions.delete(listener);
    },
    onEvent(listener) {
      events.add(listener);
      return () => void events.delete(listener);
    },
  };
};

/** A payload of another length than its command says cannot be sent; told here as the bus would tell it. */
const checkBuffers = async (commands: readonly BlockCommand[], remote: DeviceWire): Promise<void> => {
  for (const command of commands) {
    const breach = bufferBreach(command);
    if (breach === undefined) continue;
    await remote.finding(breach.what, breach.text);
    throw new LabError(breach.code, `${remote.device}: ${breach.what}: ${breach.text}`);
  }
};

/** What the wire's fields cannot hold would arrive as something else. */
const checked = (commands: readonly BlockCommand[]): readonly BlockCommand[] => {
  for (const { op, hctx, tag, sector, sectors } of commands) {
    const fits = within(hctx, 2 ** 16) && within(tag, 2 ** 16) && within(sector, 2 ** 44) && within(sectors, 2 ** 32);
    if (!fits || (sectors * 512 >= 2 ** 32 && !op.startsWith('zone_')))
      throw new LabError('EINVAL', `${op} of ${sectors} sectors at ${sector}, queue ${hctx} tag ${tag}: past the wire`);
  }
  return commands;
};

const within = (value: number, limit: number): boolean => Number.isInteger(value) && value >= 0 && value < limit;

const messagesOf = (bytes: Uint8Array, vector: number): readonly Uint8Array[] => {
  const room = MAX_BODY_BYTES - VECTOR_HEAD_BYTES;
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += room) {
    const piece = bytes.subarray(at, at + room);
    const message = new Uint8Array(VECTOR_HEAD_BYTES + piece.length);
    const view = new DataView(message.buffer);
    view.setUint32(0, vector >>> 0);
    view.setUint8(4, at + room < bytes.length ? 1 : 0);
    message.set(piece, VECTOR_HEAD_BYTES);
    messages.push(message);
  }
  return messages;
};

/** Rejects with the first failure, after all have settled. */
const settledInOrder = async (answers: readonly Promise<unknown>[]): Promise<void> => {
  for (const outcome of await Promise.allSettled(answers)) if (outcome.status === 'rejected') throw outcome.reason;
};
