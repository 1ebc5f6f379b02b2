/** What passed the port for a request, and which mistakes of its driver that shows. */
import type { BlockCommand, BlockCompletion, BlockOp, BlockStatus } from '#bus/block.ts';
import { type Misuse, printRequest } from './misuse.ts';
import { type RequestState, requestBytes } from './request.ts';

/** What was seen at the port during the present use of a tag. */
export interface Seen {
  submitted: boolean;
  fuaSent: boolean;
  answer: { readonly status: BlockStatus; readonly bytes: number | undefined; readonly atNs: number } | undefined;
  /** An answer to an earlier use of the tag came meanwhile: after its timeout, or for the second time. */
  stray: 'late' | 'duplicate' | undefined;
}

export const unseen = (): Seen => ({ submitted: false, fuaSent: false, answer: undefined, stray: undefined });

/** A mistake in a command, measured against the request whose tag it carries. */
export const commandMisuse = (command: BlockCommand, state: RequestState): [Misuse, string] | undefined => {
  const { op, sector, sectors, data } = command;
  if (op === state.op && sector === state.sector && sectors === state.sectors) {
    const bytes = op === 'write' || op === 'zone_append' ? requestBytes(state) : 0;
    if (bytes === (data?.length ?? 0)) return undefined;
    return [
      'wrong command',
      `${printRequest(state)}: sent with ${data?.length ?? 0} bytes of payload instead of ${bytes}`,
    ];
  }
  const text = `${printRequest(state)}: sent to the device as ${op}, sector ${sector}, ${sectors} sectors`;
  return [op === 'write' && state.zoned ? 'zoned write off the pointer' : 'wrong command', text];
};

/** A mistake in how a request that went to the device is ended. */
export const endingMisuse = (state: RequestState, seen: Seen, status: BlockStatus): [Misuse, string] | undefined => {
  if (status !== 'OK') return undefined;
  const { answer } = seen;
  const which = printRequest(state);
  const why = !seen.submitted
    ? 'it was never sent to the device'
    : answer === undefined
      ? 'the device has not answered'
      : answer.status !== 'OK'
        ? `the device answered ${answer.status}`
        : undefined;
  if (why !== undefined) {
    if (seen.stray === 'late')
      return [
        'late completion',
        `${which}: ended OK by the answer to an earlier request with this tag, which had timed out`,
      ];
    if (seen.stray !== undefined)
      return ['unknown tag', `${which}: ended OK by an answer to an earlier request with this recycled tag`];
    if (state.op === 'flush') return ['flush not durable', `${which}: ended OK, but ${why}`];
    return ['false success', `${which}: ended OK, but ${why}`];
  }
  if (state.fua && !seen.fuaSent && FUA_OPS.includes(state.op))
    return ['flush not durable', `${which}: a FUA write was sent without FUA, so it may be in the cache only`];
  if (state.op === 'read' && answer?.bytes !== undefined) {
    const wanted = requestBytes(state);
    const got = Math.min(answer.bytes, state.buffer.filled);
    if (got < wanted) return ['short success', `${which}: ended OK with ${got} of ${wanted} bytes`];
  }
  return undefined;
};

const FUA_OPS: readonly BlockOp[] = ['write', 'write_zeroes', 'zone_append'];

export const noteAnswer = (seen: Seen, { status, data }: BlockCompletion, atNs: number): void => {
  seen.answer = { status, bytes: data?.length, atNs };
};
