/** Puts a lab together from its parts, and takes it apart in the right order. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type Logger, pino } from 'pino';
import { API, type LabView } from '#bus/api.ts';
import { BusClient } from '#bus/client.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import { Instruments } from '#bus/filters/instruments.ts';
import type { OpenSession } from '#bus/session.ts';
import { SteeredClock } from '#bus/steered-clock.ts';
import { checkName } from '#bus/topics.ts';
import { TRACE_OUTCOMES, Trace, unpackRecord } from '#bus/trace.ts';
import { Bench } from './bench.ts';
import type { BenchDeviceSpec, BenchSpec, DeviceKind } from './bench-spec.ts';
import { startBroker } from './broker.ts';
import { openCard } from './card-line.ts';
import type { LabContext } from './context.ts';
import { DEFAULT_BENCH } from './default-bench.ts';
import { DeviceViews } from './device-views.ts';
import { diskIo } from './disk-line.ts';
import { DriverLine } from './driver-line.ts';
import type { Feed } from './feed.ts';
import { tellFindings } from './finding-log.ts';
import { firmwareFiles } from './firmware-files.ts';
import { firstDriversBound } from './first-drivers.ts';
import { checkListenAddress, isLoopback } from './guard.ts';
import { openHistory } from './history/open-history.ts';
import { tellHolds } from './instruments/held-notices.ts';
import { KernelLog } from './kernel-log.ts';
import type { Lab, LabOptions } from './lab.ts';
import { ModuleLoader } from './module-loader.ts';
import { BlockHost, type NbdAddress } from './nbd/block-host.ts';
import { openLabNbd } from './nbd/lab-nbd.ts';
import { Presences } from './presences.ts';
import { endRecordings } from './recording/open-recordings.ts';
import { ServedBench } from './served-bench.ts';
import { openTime } from './time/open-time.ts';
import type { VncAddress } from './vnc/address.ts';

/** Rejects with one LabError that says what and what to do; then nothing of the lab is left running. */
export const startLab = async (options: LabOptions): Promise<Lab> => {
  const undo: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await compose(options, undo)), close };
  } catch (error) {
    await close();
    throw error;
  }
};

const compose = async (options: LabOptions, undo: (() => unknown)[]): Promise<Omit<Lab, 'close'>> => {
  const { host = '127.0.0.1', token, seed = 1, firmwareDirs = [], bench: spec = DEFAULT_BENCH } = options;
  const name = checkName('lab name', options.name ?? 'lab');
  const guard = { host, token };
  checkListenAddress(guard);
  const logger = pino({ level: options.logLevel ?? 'warn' }, pino.destination({ dest: 2, sync: true }));
  const clock = new SteeredClock();
  const trace = new Trace();
  const log = new KernelLog(clock);
  const startedAt = new Date().toISOString();
  const firmware = firmwareFiles(firmwareDirs);
  const blocks = new BlockHost({
    clock,
    log: (level, device, text) => void log.add(level, 'lab', device === null ? text : `${device}: ${text}`),
  });
  undo.push(() => blocks.close());
  const prompt = pick(spec, ({ device }) => !LATER.has(device));
  const later = pick(spec, ({ device }) => LATER.has(device));
  const instruments = new Instruments({
    clock,
    trace,
    seed,
    log: (level, text) => void log.add(level, 'lab', text),
  });
  undo.push(() => instruments.clear());
  const bench = new Bench({
    clock,
    instruments,
    trace,
    seed,
    spec: prompt,
    firmware,
    makeNullb: ({ name: device, clock: _here, log: _ours, ...of }) => blocks.place(device, of),
    log: (level, text) => void log.add(level, 'lab', text),
  });
  undo.push(() => bench.close());
  const broker = await openBroker(options, host, logger);
  undo.push(() => broker.close());
  const client = await BusClient.connect({
    url: broker.url,
    lab: name,
    client: `lab-${randomBytes(4).toString('hex')}`,
    role: 'lab',
    openSession: broker.openSession,
    ...(broker.token === undefined ? {} : { token: broker.token }),
  });
  const beneath = undo.length;
  undo.push(() => client.close());
  const presences = new Presences(name, log);
  await presences.follow(client);
  const served = new ServedBench({ lab: name, broker, bench, trace, log });
  undo.push(() => served.close());
  await Promise.all([...bench.devices.keys()].map((device) => served.serve(device)));
  undo.push(tellFaults(trace, log));
  undo.push(tellFindings(trace, log));
  const driverLine = await DriverLine.open({
    client,
    driver: (device) => served.port(device)?.owner() ?? null,
    onChange: (changed) => served.onOwner(changed),
    isSlow: () => time.slow !== null,
  });
  undo.push(() => driverLine.close());
  const time = openTime({ client, clock, blocks, bench, served, driverLine, instruments, log });
  undo.push(() => time.close());
  undo.push(tellHolds(instruments, served, time, () => bench.devices.keys()));

  const modules = new ModuleLoader({
    lab: name,
    bench,
    presences,
    brokerUrl: broker.url,
    token,
    firmwareDirs,
    command: options.driverHost.command,
    info: options.driverInfo,
    owner: (device) => served.port(device)?.owner() ?? null,
    evict: (device, reason) => served.port(device)?.evict(reason),
    log: (line) => void log.add('err', 'lab', line),
    isHeld: (device) => time.slow !== null || time.isLed || instruments.held.some((one) => one.device === device),
  });
  undo.push(() => modules.close());
  const driven = options.drivers === false ? null : await modules.adopt(Object.keys(spec));
  const loadOwn = async (devices: BenchSpec): Promise<void> => {
    if (driven !== null)
      await loadDrivers(
        { modules, log },
        pick(devices, (_, name) => !driven.has(name)),
      );
  };
  const first = loadOwn(prompt);
  await firstDriversBound({
    devices:
      driven === null ? [] : Object.keys(prompt).filter((device) => prompt[device]?.driver && !driven.has(device)),
    isDriven: (device) => served.port(device)?.owner() != null,
    trace,
    loaded: first,
  });
  // Loaded only now, while the devices start.
  const [{ startBusNews }, { buildHttp }, { startFeed }, { labMetrics }, { RunBook }] = await Promise.all([
    import('./bus-news.ts'),
    import('./http.ts'),
    import('./feed.ts'),
    import('./metrics.ts'),
    import('./runs.ts'),
  ]);
  const views = new DeviceViews({ lab: name, clock, bench, presences, served: (device) => served.port(device) });
  const labHost = {
    name,
    clock,
    trace,
    bench,
    log,
    modules,
    instruments,
    time,
    place: served.place.bind(served),
    remove: served.remove.bind(served),
    io: diskIo(driverLine),
    openCard: openCard(driverLine),
  };
  const history = openHistory(options.history, log);
  undo.push(() => history?.close());
  const runs = new RunBook({
    history,
    host: labHost,
    scenariosDir: options.scenariosDir,
    loadDrivers: options.loadDrivers,
    firmware,
    drivers: async () => (await modules.drivers()).map((driver) => driver.name),
  });
  undo.push(() => runs.close());
  undo.push(
    startBusNews({
      link: client.link,
      lab: { name, trace, bench, runs },
      trace: options.publishTrace ?? false,
    }),
  );

  let url = '';
  let nbd: NbdAddress | null = null;
  let vnc: readonly VncAddress[] = [];
  const view = (): LabView => ({
    name,
    version: options.version ?? '0.0.0',
    session: client.session,
    clock: clock.kind,
    now: clock.now(),
    startedAt,
    seed,
    broker: { url: broker.url, embedded: options.broker === undefined, connected: client.connected },
    http: url,
    nbd,
    vnc,
    capture: { captured: trace.last, kept: trace.last - trace.first + 1, first: trace.first },
  });
  const context: LabContext = { ...labHost, view, views, runs, guard, webRoot: options.webRoot, firmware };
  let feed: Feed | undefined;
  const metrics = labMetrics(context, () => feed ?? { clients: 0, dropped: 0 });
  const app = await buildHttp({ lab: context, metrics, logger });
  // pages stay to see drivers and devices go
  undo.splice(beneath, 0, async () => {
    await endRecordings(context);
    await feed?.close();
    await app.close();
    metrics.close();
  });
  url = await listen(app, host, options.httpPort ?? 8025);
  feed = startFeed(app, context);
  // A thread takes a while to start: the other devices and the dashboard do not wait for it.
  const needed = Object.values(later).some(({ device }) => THREADED.has(device));
  if (needed) await blocks.ready();
  for (const [device, of] of Object.entries(later)) await served.place(device, of);
  if (options.nbd !== undefined)
    nbd = await openLabNbd({
      blocks,
      nbd: options.nbd,
      host,
      needed,
      log: (level, text) => void log.add(level, 'lab', text),
    });
  if (options.vnc !== undefined) {
    const { openLabVnc } = await import('./vnc/lab-vnc.ts');
    const open = await openLabVnc({ vnc: options.vnc, bench, log: (level, text) => void log.add(level, 'lab', text) });
    undo.push(() => open.close());
    vnc = open.addresses;
  }
  const second = loadOwn(pick(later, ({ device }) => THREADED.has(device)));
  // a driver process takes a core to start: the link is up before there is a picture
  void Promise.all([first, second]).then(() => loadOwn(pick(later, ({ device }) => !THREADED.has(device))));
  log.add('info', 'lab', `${name}: dashboard at ${url}, bus at ${broker.url}, API at ${url}${API}`);

  return { name, url, brokerUrl: broker.url, nbd, vnc, host: labHost };
};

/** Kinds of device that run in a thread of their own. */
const THREADED: ReadonlySet<DeviceKind> = new Set(['nullb']);
/** Kinds that come to the bench when the dashboard is there, so that the others are sooner up. */
const LATER: ReadonlySet<DeviceKind> = new Set(['nullb', 'display']);

const pick = (spec: BenchSpec, which: (device: BenchDeviceSpec, name: string) => boolean): BenchSpec =>
  Object.fromEntries(Object.entries(spec).filter(([name, device]) => which(device, name)));

interface OpenBroker {
  readonly url: string;
  /** How the lab's own sessions are opened, where the broker is inside it; elsewhere they are connections. */
  readonly openSession: OpenSession | undefined;
  /** What those log in with. */
  readonly token: string | undefined;
  close(): Promise<void>;
}

const openBroker = async (options: LabOptions, host: string, logger: Logger): Promise<OpenBroker> => {
  if (options.broker !== undefined)
    return { url: options.broker, openSession: undefined, token: options.token, close: async () => {} };
  const broker = await startBroker({
    host,
    port: options.mqttPort ?? 1883,
    ...(options.token === undefined ? {} : { token: options.token }),
    log: (line) => logger.info({ part: 'broker' }, line),
  });
  return { url: broker.url, openSession: broker.openSession, token: undefined, close: () => broker.close() };
};

const listen = async (
  app: Awaited<ReturnType<typeof import('./http.ts')['buildHttp']>>,
  host: string,
  port: number,
): Promise<string> => {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new LabError(
        'EADDRINUSE',
        `port ${port} on ${host} is in use: end what uses it, or take another with --http`,
        {
          cause,
        },
      );
    if (code === 'EACCES')
      throw new LabError('EACCES', `port ${port} on ${host} needs more rights: take one above 1023 with --http`, {
        cause,
      });
    throw asLabError(cause, 'EINVAL');
  }
  const { port: taken } = app.server.address() as AddressInfo;
  const shown = isLoopback(host) || host !== '0.0.0.0' ? host : '127.0.0.1';
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${taken}`;
};

/** Faults in the kernel log, whoever switched them. */
const tellFaults = (trace: Trace, log: KernelLog): (() => void) => {
  const on = TRACE_OUTCOMES.indexOf('on');
  const off = TRACE_OUTCOMES.indexOf('off');
  return trace.tap(
    (record) => {
      if (record[7] !== on && record[7] !== off) return; // a bus fault that fires says so in the trace
      const { device, requester, aux } = unpackRecord(record);
      const { devices, requesters, texts } = trace.names;
      const what = `${devices[device]}: fault ${texts[aux]} ${record[7] === on ? 'on' : 'off'}, by ${requesters[requester]}`;
      log.add(record[7] === on ? 'warning' : 'notice', 'lab', what);
    },
    ['fault'],
  );
};

/** Each device's own driver; what fails is in the kernel log, and the lab runs on. Resolves when each is live or has failed. */
const loadDrivers = async (
  { modules, log }: Pick<LabContext, 'modules' | 'log'>,
  devices: BenchSpec,
): Promise<void> => {
  const loading = Object.entries(devices).map(async ([device, { driver, params = {} }]) => {
    if (driver === undefined || driver === null) return;
    await modules.insmod({ driver, device, params, trusted: true }).catch((error: unknown) => {
      const { code, message } = asLabError(error);
      log.add('err', 'lab', `insmod ${driver} ${device}: ${code}: ${message}`);
    });
  });
  await Promise.all(loading);
};
