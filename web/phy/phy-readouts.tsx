/** Six readings of a PHY with their last minute. */
import { type ReactElement, useSyncExternalStore } from 'react';
import type { PhyPanel } from '#bus/api.ts';
import { labNow, samples, useLab } from '../store/lab-state.ts';
import { clockTime, decimal, hex, watts } from '../ui/format.ts';
import { Readout, type ReadoutState } from '../ui/readout.tsx';
import { SPARK_POINTS } from '../ui/spark.ts';
import { type Gauge, gaugesOf, hasDiagnostics, isOld, zoneOf } from './module-memory.ts';
import { useModuleMemory } from './use-module-memory.ts';

export const PhyReadouts = ({ device, panel }: { device: string; panel: PhyPanel }): ReactElement => {
  useSyncExternalStore(samples.subscribe, () => samples.version);
  const lost = useLab((state) => state.phase === 'lost');
  const memory = useModuleMemory(device, panel);
  const gauges = memory !== undefined && hasDiagnostics(memory.a0) ? gaugesOf(memory.a2) : [];
  const { dom, light, counters } = panel;
  const points = (name: string): readonly number[] => (samples.of(device).readings[name] ?? []).slice(-SPARK_POINTS);
  const stale = (state: ReadoutState): ReadoutState => (lost ? 'stale' : state);
  const gauge = (name: string): Gauge | undefined => gauges.find((known) => known.name === name);
  const limited = (name: string, value: number | null | undefined, calm: string): Limited => {
    const known = gauge(name);
    if (value === null || value === undefined) return { state: 'absent', foot: 'no diagnostics' };
    if (known === undefined) return { state: stale('live'), foot: calm };
    const zone = zoneOf(value, known.limits);
    const state = zone.endsWith('alarm') ? 'alarm' : zone.endsWith('warning') ? 'warning' : 'live';
    return { state: stale(state), foot: zone === 'normal' ? calm : zone };
  };
  const temperature = gauge('Temperature');
  return (
    <dl className="readouts">
      <Readout
        label="Temperature"
        value={decimal(dom?.celsius)}
        unit="°C"
        floor={4}
        points={points('celsius')}
        {...limited(
          'Temperature',
          dom?.celsius,
          temperature === undefined ? 'of the module' : `warn above ${decimal(temperature.limits.highWarning, 0)}`,
        )}
      />
      <Readout
        label="TX power"
        value={decimal(dom?.txDbm)}
        unit="dBm"
        floor={1}
        points={points('txDbm')}
        {...limited('TX power', dom?.txDbm, powerFoot(dom?.txDbm ?? null, gauge('TX power')))}
      />
      <Readout
        label="RX power"
        value={decimal(dom?.rxDbm)}
        unit="dBm"
        floor={1}
        points={points('rxDbm')}
        {...limited('RX power', dom?.rxDbm, powerFoot(light.rxDbm, gauge('RX power')))}
      />
      <Readout
        label="Bias"
        value={decimal(dom?.biasMa)}
        unit="mA"
        floor={1}
        points={points('biasMa')}
        {...limited('TX bias', dom?.biasMa, `Vcc ${decimal(dom?.volts, 2)} V`)}
      />
      <Readout
        label="BER count"
        value={String(counters.ber)}
        unit="of 63"
        floor={8}
        points={points('ber')}
        state={stale(counters.ber >= 63 ? 'alarm' : counters.ber > 0 ? 'warning' : 'live')}
        foot={counters.ber >= 63 ? 'saturated, 3.0021h' : '3.0021h, cleared by read'}
      />
      <Readout
        label="Errored blocks"
        value={String(counters.erroredBlocks)}
        unit="of 255"
        floor={8}
        points={points('erroredBlocks')}
        state={stale(counters.erroredBlocks >= 255 ? 'alarm' : counters.erroredBlocks > 0 ? 'warning' : 'live')}
        foot={erroredFoot(device, counters.erroredBlocks)}
      />
    </dl>
  );
};

interface Limited {
  readonly state: ReadoutState;
  readonly foot: string;
}

const source = (gauge: Gauge): string => `1.${hex(0xa000 + gauge.at)} ${hex(gauge.raw)}`;

/** The PHY's copy stands beside the value only while it says the same. */
const powerFoot = (dbm: number | null, gauge: Gauge | undefined): string =>
  gauge === undefined || dbm === null
    ? watts(dbm)
    : `${watts(dbm)}, ${isOld(gauge, dbm) ? `old copy in 1.${hex(0xa000 + gauge.at)}` : source(gauge)}`;

/** For how long the sampled readings hold no errored block. */
const erroredFoot = (device: string, now: number): string => {
  const { time, readings } = samples.of(device);
  const list = readings.erroredBlocks ?? [];
  if (now > 0 || list.length === 0) return now >= 255 ? 'saturated, 3.0021h' : '3.0021h, cleared by read';
  const last = list.findLastIndex((value) => value > 0);
  const from = last === -1 ? time[0] : time[last];
  return from === undefined ? '3.0021h' : `none for ${clockTime(labNow() - from * 1e9)}`;
};
