/** What the debugger page asks of the lab. */
import type {
  BreakpointView,
  CellView,
  CodeSymbol,
  DisassemblyLine,
  MemorySpace,
  MicroMemory,
  MicroProfile,
  MicroView,
} from '#bus/micro-view.ts';
import { call } from '../api.ts';
import { hex } from '../ui/format.ts';

const of = (device: string): string => `/devices/${encodeURIComponent(device)}/micro`;

export const microApi = {
  view: (device: string): Promise<MicroView> => call('GET', of(device)),
  disassembly: (device: string, at: string, before: number, count: number): Promise<readonly DisassemblyLine[]> =>
    call('GET', `${of(device)}/disassembly?at=${encodeURIComponent(at)}&before=${before}&count=${count}`),
  memory: (device: string, space: MemorySpace, at: string, length: number): Promise<MicroMemory> =>
    call('GET', `${of(device)}/memory?space=${space}&at=${encodeURIComponent(at)}&length=${length}`),
  cells: (device: string): Promise<readonly CellView[]> => call('GET', `${of(device)}/cells`),
  symbols: (device: string): Promise<readonly CodeSymbol[]> => call('GET', `${of(device)}/symbols`),
  halt: (device: string): Promise<MicroView> => call('POST', `${of(device)}/halt`, {}),
  continue: (device: string): Promise<MicroView> => call('POST', `${of(device)}/continue`, {}),
  step: (device: string): Promise<MicroView> => call('POST', `${of(device)}/step`, {}),
  next: (device: string): Promise<MicroView> => call('POST', `${of(device)}/next`, {}),
  until: (device: string, at: number): Promise<MicroView> => call('POST', `${of(device)}/until`, { at: hex(at) }),
  breakAt: (device: string, at: number): Promise<readonly BreakpointView[]> =>
    call('POST', `${of(device)}/breakpoints`, { space: 'code', at: hex(at) }),
  breakOn: (
    device: string,
    wish: { readonly space: 'code' | 'xdata' | 'register'; readonly at: string; readonly on?: string },
  ): Promise<readonly BreakpointView[]> => call('POST', `${of(device)}/breakpoints`, wish),
  deleteBreakpoint: (device: string, id: number): Promise<readonly BreakpointView[]> =>
    call('DELETE', `${of(device)}/breakpoints/${id}`),
  profile: (device: string): Promise<MicroProfile> => call('GET', `${of(device)}/profile?limit=12`),
  setProfile: (device: string, running: boolean): Promise<MicroProfile> =>
    call('PUT', `${of(device)}/profile`, { running }),
};
