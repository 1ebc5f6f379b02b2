/** Commands for bus faults, breakpoints and held accesses. */
import type { BreakpointSpec, BusFaultSpec } from '#bus/filters/views.ts';
import { call } from '../api.ts';

export const instrumentsApi = {
  addBreakpoint: (spec: BreakpointSpec): Promise<unknown> => call('POST', '/breakpoints', spec),
  switchBreakpoint: (id: number, on: boolean): Promise<unknown> => call('PATCH', `/breakpoints/${id}`, { on }),
  removeBreakpoint: (id: number): Promise<unknown> => call('DELETE', `/breakpoints/${id}`),
  go: (verb: 'continue' | 'step', device?: string): Promise<unknown> =>
    call('POST', `/breakpoints/${verb}`, device === undefined ? {} : { device }),
  addFault: (spec: BusFaultSpec): Promise<unknown> => call('POST', '/filters', spec),
  switchFault: (name: string, on: boolean): Promise<unknown> =>
    call('PATCH', `/filters/${encodeURIComponent(name)}`, { on }),
  removeFault: (name: string): Promise<unknown> => call('DELETE', `/filters/${encodeURIComponent(name)}`),
};
