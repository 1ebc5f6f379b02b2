/** Connectors without a hotplug interrupt, asked now and then (drm_kms_helper_poll_init). */
import { seconds } from '#bus/clock.ts';
import type { DrmDevice } from './drm-device.ts';
import type { Connector } from './pipeline.ts';

const POLL_NS = seconds(10);

/** `glance` is the cheap question whether anything is other than it was; only then is the connector probed. */
export const pollConnector = (device: DrmDevice, connector: Connector, glance: () => Promise<boolean>): void => {
  const work = device.kernel.delayedWork(async () => {
    if (device.panicking.done) return;
    try {
      if (await glance()) await device.probe(connector);
    } finally {
      work.schedule(POLL_NS);
    }
  });
  work.schedule(POLL_NS);
};
