/** Waiting for vblanks: WAIT_VBLANK and CRTC_QUEUE_SEQUENCE of a client (drm_vblank.c). */
import { LabError } from '#bus/errors.ts';
import type { DrmFile } from './drm-file.ts';
import { Crtc } from './pipeline.ts';
import type { VblankStamp } from './vblank.ts';

export interface WaitVblank {
  /** Index of the CRTC, as the type word carries it. */
  readonly pipe?: number;
  readonly type: 'relative' | 'absolute';
  /** 32 bits. */
  readonly sequence: number;
  /** Answer with an event instead of waiting. */
  readonly event?: boolean;
  readonly nextOnMiss?: boolean;
  /** Obsolete; refused. */
  readonly signal?: boolean;
  readonly userData?: bigint;
}

const WAIT_LIMIT_NS = 3e9;
const HALF = 2 ** 31;
const WHOLE = 2 ** 32;

/** The vblank that was waited for, or, of an event, the one it was asked at. EBUSY after three seconds without. */
export const waitVblank = async (file: DrmFile, request: WaitVblank): Promise<VblankStamp> => {
  const { pipe = 0, type, sequence, event = false, nextOnMiss = false, signal = false, userData = 0n } = request;
  if (signal) throw new LabError('EINVAL', 'signals at vblank are gone');
  if (!Number.isInteger(sequence) || sequence < 0 || sequence >= WHOLE)
    throw new LabError('EINVAL', `sequence ${sequence} is no 32-bit count`);
  const crtc = file.device.crtcs.filter(({ id }) => file.sees(id))[pipe];
  if (crtc === undefined) throw new LabError('EINVAL', `no CRTC with index ${pipe}`);
  const now = await crtc.vblank.now();
  const asked = type === 'relative' ? now.count + sequence : widened(sequence, now.count);
  const wanted = nextOnMiss && asked <= now.count && !(type === 'relative' && sequence === 0) ? now.count + 1 : asked;
  if (event) {
    const promised = file.events.promise('vblank', userData);
    if (wanted <= now.count) promised.send(crtc.id, now);
    else waitOr(() => crtc.vblank.onCount(wanted, (stamp) => promised.send(crtc.id, stamp)), promised.cancel);
    return { count: wanted, timeNs: now.timeNs };
  }
  if (wanted <= now.count) return now;
  return new Promise<VblankStamp>((resolve, reject) => {
    const limit = file.device.kernel.clock.after(WAIT_LIMIT_NS, () => {
      forget();
      reject(new LabError('EBUSY', `vblank ${wanted} of CRTC ${crtc.id} did not come within ${WAIT_LIMIT_NS / 1e9} s`));
    });
    const forget = crtc.vblank.onCount(wanted, (stamp) => {
      limit.cancel();
      resolve(stamp);
    });
  });
};

/** The full count nearest to one of which the low 32 bits are known. */
const widened = (low: number, near: number): number => {
  const distance = (low - (near % WHOLE) + WHOLE) % WHOLE;
  return near + (distance >= HALF ? distance - WHOLE : distance);
};

const waitOr = (wait: () => unknown, cancel: () => void): void => {
  try {
    wait();
  } catch (thrown) {
    cancel();
    throw thrown;
  }
};

export interface QueueSequence {
  readonly crtcId: number;
  readonly sequence: number;
  /** RELATIVE 1, NEXT_ON_MISS 2. */
  readonly flags?: number;
  readonly userData?: bigint;
}

/** The sequence the event will come at. */
export const queueSequence = async (file: DrmFile, request: QueueSequence): Promise<number> => {
  const { crtcId, sequence, flags = 0, userData = 0n } = request;
  const crtc = file.object(crtcId, Crtc, 'crtc');
  if ((flags & ~3) !== 0) throw new LabError('EINVAL', `sequence flags ${flags}`);
  if (!Number.isSafeInteger(sequence) || sequence < 0) throw new LabError('EINVAL', `sequence ${sequence}`);
  const now = await crtc.vblank.now();
  const asked = (flags & 1) === 0 ? sequence : now.count + sequence;
  const wanted = (flags & 2) !== 0 && asked <= now.count ? now.count + 1 : asked;
  const promised = file.events.promise('sequence', userData);
  if (wanted <= now.count) promised.send(crtc.id, now);
  else waitOr(() => crtc.vblank.onCount(wanted, (stamp) => promised.send(crtc.id, stamp)), promised.cancel);
  return wanted;
};
