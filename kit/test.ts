/** `ferrolab/test`: labs for the tests of a driver, under Vitest, Playwright or Node's own runner. */
/// <reference lib="esnext.disposable" preserve="true" />

export type { DeviceView, LogLine, ModuleView } from '#bus/api.ts';
export { LabError } from '#bus/errors.ts';
export type { BusFaultView, HeldView } from '#bus/filters/views.ts';
export type { DriverModule } from '#bus/kernel-port.ts';
export type { BenchSpec } from '#server/bench-spec.ts';
export type { DriverStatus } from '#server/scenario/env.ts';
export type { BreakpointOptions, LabBreakpoint } from './breakpoint.ts';
export { createLab, type LabOptions } from './create-lab.ts';
export type { LabDevice, RegisterLevel } from './device.ts';
export { type Fixture, labFixture, liveLabFixture } from './fixtures.ts';
export type { BusFault, TestLab, WithinOptions } from './lab.ts';
export { type LiveLab, type LiveLabOptions, startLab } from './live-lab.ts';
export type { LabStep, Look } from './step-source.ts';
export type { LabTrace, RowFilter, SequenceOptions } from './trace.ts';
export type { TraceRow } from './trace-row.ts';
