/** A whole lab for contract tests: on free ports, its drivers in processes of their own, closed after each test. */
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterEach } from 'vitest';
import type { DeviceView, FeedAuth, FeedEvents, ModuleView, TraceBatch } from '#bus/api.ts';
import { RECORD_BYTES, unpackRecord } from '#bus/trace.ts';
import { type Lab, type LabOptions, startLab } from './lab.ts';

export const root = join(import.meta.dirname, '..');
export const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A whole lab on free ports, its drivers in processes of their own. */
export const lab = async (options: Partial<LabOptions> = {}): Promise<Lab> => {
  const started = await startLab({
    httpPort: 0,
    mqttPort: 0,
    drivers: false,
    firmwareDirs: [join(root, 'firmware')],
    driverHost: { command: [process.execPath, join(root, 'drivers/host.ts')] },
    logLevel: 'silent',
    ...options,
  });
  undo.push(() => started.close());
  return started;
};

export const ask = async <T>(lab: Lab, method: string, path: string, body?: unknown, headers = {}) => {
  const answer = await fetch(`${lab.url}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as T };
};
export const get = async <T>(lab: Lab, path: string): Promise<T> => (await ask<T>(lab, 'GET', path)).body;

/** Looks until it holds; the test's own time limit ends a wait in vain. */
export const until = async <T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> => {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

export const feed = (lab: Lab, auth: FeedAuth = {}, headers: Record<string, string> = {}) => {
  const socket: Socket<FeedEvents> = io(lab.url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    auth,
    extraHeaders: headers,
  });
  undo.push(() => socket.disconnect());
  const seqs: number[] = [];
  let dropped = 0;
  socket.on('trace', (batch: TraceBatch) => {
    const records = new Uint8Array(batch.records);
    for (let at = 0; at < records.length; at += RECORD_BYTES) seqs.push(unpackRecord(records, at).seq);
    dropped += batch.dropped;
  });
  return { socket, seqs, dropped: () => dropped };
};
export const hello = (socket: Socket<FeedEvents>) =>
  new Promise<Parameters<FeedEvents['hello']>[0]>((resolve, reject) => {
    socket.once('hello', resolve);
    socket.once('connect_error', reject);
  });

export const owner = async (lab: Lab) => (await get<DeviceView>(lab, '/devices/phy0')).owner;
export const insmod = (lab: Lab, driver = 'qt2025') =>
  ask<ModuleView>(lab, 'POST', '/modules', { driver, device: 'phy0' });
