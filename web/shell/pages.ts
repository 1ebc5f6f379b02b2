/** Pages that are loaded apart from the bench: in idle time, or when they are first opened. */
import { type ComponentType, lazy } from 'react';

const traffic = () => import('../traffic/traffic-page.tsx');
const diff = () => import('../diff/diff-page.tsx');
const scenarios = () => import('../scenarios/scenarios-page.tsx');
const device = () => import('../phy/device-page.tsx');
const micro = () => import('../micro/micro-page.tsx');
const panic = () => import('../panic-decoder/panic-page.tsx');

const page = <P>(component: ComponentType<P>): { default: ComponentType<P> } => ({ default: component });

export const TrafficPage = lazy(async () => page((await traffic()).TrafficPage));
export const DiffPage = lazy(async () => page((await diff()).DiffPage));
export const ScenariosPage = lazy(async () => page((await scenarios()).ScenariosPage));
export const DevicePage = lazy(async () => page((await device()).DevicePage));
export const MicroPage = lazy(async () => page((await micro()).MicroPage));
export const PanicPage = lazy(async () => page((await panic()).PanicPage));

/** Fetches the other pages while nothing else is to be done, so that they open at once, the lab gone or not. */
export const fetchPagesWhenIdle = (): void => {
  const fetchAll = (): void => {
    for (const load of [device, traffic, scenarios, diff, micro, panic]) load().catch(() => {}); // asked for again when it is opened
  };
  if ('requestIdleCallback' in window) requestIdleCallback(fetchAll, { timeout: 3000 });
  else setTimeout(fetchAll, 1000);
};
