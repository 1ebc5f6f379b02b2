/** Leases: some of the objects handed to another client, which is master of them and sees no other (drm_lease.c). */
import { LabError } from '#bus/errors.ts';
import type { DrmFile } from './drm-file.ts';
import { Connector, Crtc, Plane } from './pipeline.ts';

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

export class Lease {
  readonly id: number;
  readonly lessor: DrmFile;
  readonly #objects: Set<number>;

  constructor(id: number, lessor: DrmFile, objects: Iterable<number>) {
    this.id = id;
    this.lessor = lessor;
    this.#objects = new Set(objects);
  }

  get objects(): readonly number[] {
    return [...this.#objects];
  }

  has(id: number): boolean {
    return this.#objects.has(id);
  }

  /** What was leased is taken back. */
  revoke(): void {
    this.#objects.clear();
  }
}

/** True for what only a lease can show: other objects everybody sees. */
export const isLeasable = (object: unknown): object is Plane | Crtc | Connector =>
  object instanceof Plane || object instanceof Crtc || object instanceof Connector;

/** CREATE_LEASE: a file for somebody else. ENOENT, EINVAL, ENOSPC for one named twice, EBUSY for one leased already. */
export const createLease = (file: DrmFile, objectIds: readonly number[], flags = 0, name = 'lessee'): DrmFile => {
  const { device } = file;
  if (file.lease !== undefined) throw new LabError('EINVAL', `${file.name} has its objects on lease itself`);
  if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) !== 0) throw new LabError('EINVAL', `lease flags ${flags}`);
  const objects = objectIds.map((id) => {
    const found = device.objects.find(id);
    if (found === undefined) throw new LabError('ENOENT', `no object ${id} to lease`);
    if (!isLeasable(found)) throw new LabError('EINVAL', `a ${found.kind} is nothing to lease`);
    return found;
  });
  const needed: readonly (new (...args: never[]) => Plane | Crtc | Connector)[] = file.caps.has('universal_planes')
    ? [Crtc, Connector, Plane]
    : [Crtc, Connector];
  for (const kind of needed)
    if (!objects.some((object) => object instanceof kind))
      throw new LabError('EINVAL', `a lease without any ${kind.name.toLowerCase()}`);
  // Whoever does not know of planes leases those of its CRTCs with them.
  const implied = file.caps.has('universal_planes')
    ? []
    : device.planes.filter(
        ({ is }) =>
          is.type !== 'Overlay' &&
          objects.some((object) => object instanceof Crtc && ((is.possibleCrtcs >> object.index) & 1) === 1),
      );
  const ids = [...objects, ...implied].map(({ id }) => id);
  if (new Set(ids).size < ids.length) throw new LabError('ENOSPC', 'an object is named twice');
  const taken = ids.find((id) => lesseesOf(file).some(({ lease }) => lease?.has(id)));
  if (taken !== undefined) throw new LabError('EBUSY', `object ${taken} is leased already`);
  return device.lend(name, (id) => new Lease(id, file, ids));
};

/** LIST_LESSEES: those of this client. */
export const lesseesOf = (file: DrmFile): readonly DrmFile[] =>
  [...file.device.files].filter(({ lease }) => lease?.lessor === file);

/** REVOKE_LEASE: ENOENT when it is none of this client's. */
export const revokeLease = (file: DrmFile, lesseeId: number): void => {
  const lessee = lesseesOf(file).find(({ lease }) => lease?.id === lesseeId);
  if (lessee === undefined) throw new LabError('ENOENT', `no lessee ${lesseeId} of ${file.name}`);
  lessee.lease?.revoke();
};
