/** Who drives a device: a plug seated in the faceplate with its lease, or the empty socket. */
import type { ReactElement } from 'react';
import type { OwnerView } from '#bus/api.ts';
import { Icon } from './icon.tsx';

export const Plug = ({ owner, stale = false }: { owner: OwnerView | null; stale?: boolean }): ReactElement => {
  if (owner === null)
    return (
      <span className="socket">
        <Icon name="plug" />
        <span>
          no driver<span className="hide-narrow">: everyone may watch, nobody writes</span>
        </span>
      </span>
    );
  const left = Math.max(0, Math.ceil(owner.leaseMs / 1000));
  const late = owner.leaseMs < owner.leaseOfMs * 0.34;
  return (
    <span
      className="plug"
      data-late={late || undefined}
      title={`${owner.client}${owner.pid === null ? '' : `, pid ${owner.pid}`}`}
    >
      <b>{owner.module}</b>
      <span className="dim hide-phone">
        module, lease{' '}
        {stale ? (
          'unknown'
        ) : (
          <>
            <span className="lease-left">{left}</span> s of {Math.round(owner.leaseOfMs / 1000)}
          </>
        )}
      </span>
      {late && !stale && <span className="caution">late</span>}
    </span>
  );
};
