/** The atomic call of a client: flags, objects, properties, events, each refused with the errno of its rule (drm_atomic_uapi.c). */
import { LabError } from '#bus/errors.ts';
import { checkAtomic } from './atomic-check.ts';
import { AtomicState } from './atomic-state.ts';
import type { Submission } from './commit.ts';
import type { PromisedEvent } from './drm-event.ts';
import type { DrmFile } from './drm-file.ts';
import { type Binding, Connector, Crtc, Plane } from './pipeline.ts';
import type { UserValue } from './property.ts';

export const ATOMIC_FLAG = {
  PAGE_FLIP_EVENT: 0x01,
  PAGE_FLIP_ASYNC: 0x02,
  TEST_ONLY: 0x0100,
  NONBLOCK: 0x0200,
  ALLOW_MODESET: 0x0400,
} as const;

export interface AtomicRequest {
  readonly flags?: number;
  readonly objects: readonly { readonly id: number; readonly properties: Values }[];
  readonly userData?: bigint;
  readonly reserved?: number;
}

/** `legacy`: one property set by a client that need not know of atomic. */
export const atomicCall = async (file: DrmFile, request: AtomicRequest, legacy = false): Promise<void> => {
  const { flags = 0, objects, userData = 0n, reserved = 0 } = request;
  const { device } = file;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (device.is.atomic !== true) throw new LabError('EOPNOTSUPP', `${device.is.name} is not atomic`);
  if (!legacy && !file.caps.has('atomic')) throw new LabError('EINVAL', 'the client has not asked for atomic');
  const unknown = flags & ~Object.values(ATOMIC_FLAG).reduce((all, flag) => all | flag, 0);
  if (unknown !== 0) throw new LabError('EINVAL', `unknown flags ${(unknown >>> 0).toString(16)}h`);
  if (reserved !== 0) throw new LabError('EINVAL', `reserved is ${reserved}, not 0`);
  const async = has(ATOMIC_FLAG.PAGE_FLIP_ASYNC);
  if (async && device.is.asyncFlip !== true) throw new LabError('EINVAL', `${device.is.name} flips at vblanks only`);
  if (has(ATOMIC_FLAG.TEST_ONLY) && has(ATOMIC_FLAG.PAGE_FLIP_EVENT))
    throw new LabError('EINVAL', 'a test sends no event');

  const events = new Map<Crtc, PromisedEvent>();
  const forget = (): void => {
    for (const event of events.values()) event.cancel();
    events.clear();
  };
  const build = (): Submission => {
    const atomic = new AtomicState(device, {
      allowModeset: has(ATOMIC_FLAG.ALLOW_MODESET),
      fences: file.fences,
      pace: async ? 'async' : 'vblank',
      sees: (id) => file.sees(id),
    });
    for (const { id, properties } of objects) setAll(atomic, id, properties);
    const wanted = has(ATOMIC_FLAG.PAGE_FLIP_EVENT);
    if (wanted && atomic.crtcs.size === 0) throw new LabError('EINVAL', 'an event of a commit without any CRTC');
    for (const crtc of wanted ? atomic.crtcs.keys() : [])
      if (!events.has(crtc)) events.set(crtc, file.events.promise('flip', userData));
    checkAtomic(atomic, (crtc) => wanted || atomic.crtc(crtc).outFenceAt !== 0);
    return { atomic, flipped: (crtc, stamp) => events.get(crtc)?.send(crtc.id, stamp) };
  };
  try {
    await device.commit(build, { nonblock: has(ATOMIC_FLAG.NONBLOCK), testOnly: has(ATOMIC_FLAG.TEST_ONLY) });
  } catch (thrown) {
    forget();
    throw thrown;
  }
};

type Values = readonly (readonly [propertyId: number, value: UserValue])[];

const setAll = (atomic: AtomicState, id: number, values: Values): void => {
  const object = atomic.sees(id) ? atomic.device.objects.find(id) : undefined;
  if (object instanceof Plane)
    setEach(atomic, object, () => atomic.plane(object), values, object.is.type === 'Primary');
  else if (object instanceof Crtc) setEach(atomic, object, () => atomic.crtc(object), values);
  else if (object instanceof Connector) setEach(atomic, object, () => atomic.connector(object), values);
  else
    throw new LabError('ENOENT', `no object ${id}${object === undefined ? '' : `: a ${object.kind}`} with properties`);
};

const setEach = <S>(
  atomic: AtomicState,
  object: { readonly id: number; readonly bindings: ReadonlyMap<number, Binding<S>> },
  stateOf: () => S,
  values: Values,
  flips = false,
): void => {
  for (const [propertyId, given] of values) {
    const binding = object.bindings.get(propertyId);
    if (binding === undefined) throw new LabError('ENOENT', `object ${object.id} has no property ${propertyId}`);
    const { property } = binding;
    const value = property.check(given, atomic.device.objects);
    if (atomic.pace === 'async' && binding.get(stateOf()) !== value && !(flips && ASYNC_CHANGES.has(property.name)))
      throw new LabError('EINVAL', `property ${property.name} of ${object.id} does not change outside the vblank`);
    if (binding.set === undefined) throw new LabError('EINVAL', `property ${property.name} cannot be set`);
    binding.set(stateOf(), value, atomic);
  }
};

/** All that a flip outside the vblank may change, of a primary plane (drm_atomic_set_property); setting what is so already is no change. */
const ASYNC_CHANGES: ReadonlySet<string> = new Set(['FB_ID', 'IN_FENCE_FD', 'FB_DAMAGE_CLIPS']);
