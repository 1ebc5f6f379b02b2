/** The properties of connectors: how each is read from a state, and set in one (drm_connector.c, drm_writeback.c). */
import { LabError } from '#bus/errors.ts';
import type { Blob } from './blob.ts';
import { type ConnectorState, LINK_STATUS } from './kms-state.ts';
import type { Connector } from './pipeline.ts';
import { blobOf, named, objectOf, range } from './property.ts';
import { ATOMIC, crtcFrom, FIXED, fbFrom, type PropertyShelf, plain } from './property-shelf.ts';

export const bindConnector = (shelf: PropertyShelf, connector: Connector, writebackFormats: Blob | null): void => {
  const { is } = connector;
  shelf.attach(
    connector,
    objectOf('CRTC_ID', 'crtc', ATOMIC),
    ({ crtc }) => crtc?.id ?? 0,
    (_, value, atomic) => atomic.setConnectorCrtc(connector, crtcFrom(atomic, value)),
  );
  if (writebackFormats !== null) {
    shelf.attach(
      connector,
      objectOf('WRITEBACK_FB_ID', 'fb', ATOMIC),
      () => 0,
      (state, value, atomic) => void Object.assign(state, { writebackFb: fbFrom(atomic, value) }),
    );
    shelf.attach(connector, blobOf('WRITEBACK_PIXEL_FORMATS', FIXED), () => writebackFormats.id);
    shelf.attach(
      connector,
      range('WRITEBACK_OUT_FENCE_PTR', 0, Number.MAX_SAFE_INTEGER, ATOMIC),
      () => 0,
      (state, value, atomic) => {
        if (value !== 0) atomic.fences?.put(value, -1);
        state.writebackFenceAt = value;
      },
    );
    return;
  }
  shelf.attach(connector, blobOf('EDID', FIXED), () => connector.edidBlob?.id ?? 0);
  shelf.attach(
    connector,
    named('DPMS', { On: 0, Standby: 1, Suspend: 2, Off: 3 }),
    ({ crtc }) => (crtc?.state.active === true ? 0 : 3),
    () => {
      throw new LabError('EINVAL', 'DPMS is not set by an atomic commit: use ACTIVE');
    },
  );
  shelf.attach(connector, range('non-desktop', 0, 1, FIXED), () => 0);
  if (is.maxBpc !== undefined) plain<ConnectorState>(shelf, connector)(range('max bpc', 6, is.maxBpc), 'maxBpc');
  if (is.vrrCapable === true)
    shelf.attach(connector, range('vrr_capable', 0, 1, FIXED), () => Number(connector.vrrCapable));
  if (is.linkStatus === true)
    shelf.attach(
      connector,
      named('link-status', LINK_STATUS),
      ({ linkStatus }) => linkStatus,
      (state, value) => {
        // Only hardware makes it worse (drm_atomic_connector_set_property).
        if (state.linkStatus === LINK_STATUS.Bad) state.linkStatus = value;
      },
    );
};
