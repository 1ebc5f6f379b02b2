/** One driver attached to one device over the bus: binds, loads, and does both again when the lab has been away. */
import type { LogLevel, ModuleState, ModuleView } from '#bus/api.ts';
import { BusClient } from '#bus/client.ts';
import { RealClock, seconds } from '#bus/clock.ts';
import { connectDevice, type RemoteDevice } from '#bus/device-connect.ts';
import { asLabError, LabError } from '#bus/errors.ts';
import type { DriverModule, KernelPort, LoadedModule } from '#bus/kernel-port.ts';
import { LabClock } from './kernel/lab-clock.ts';
import { OfferedCards } from './offered-cards.ts';
import { OfferedDisks } from './offered-disks.ts';
import { RemoteLog } from './remote-log.ts';
import { portsOf } from './remote-ports.ts';

export interface AttachmentOptions {
  readonly broker: string;
  readonly lab: string;
  readonly client: string;
  readonly token: string | undefined;
  readonly device: string;
  readonly module: DriverModule;
  readonly params: Readonly<Record<string, unknown>>;
  /** How long a lost lab is waited for. */
  readonly waitNs: number;
  requestFirmware(name: string): Promise<Uint8Array>;
  /** For the person who started the process. */
  say(line: string): void;
}

const RETRY_NS = seconds(1);
/** No answer for this long, and the lease may have run out by itself. */
const STALL_MS = 5000;
/** Long enough for 24 kB at 1 MHz, the slowest management clock in use. */
const DEADLINE_MS = 4000;
const EXIT_NS = seconds(2);
/** A lab that has left its time behind says it again when the device is bound; another one of that name may not. */
const SPEAK_NS = seconds(1);

export class Attachment {
  readonly #options: AttachmentOptions;
  /** For what is between the driver and its lab: leases, deadlines and retries know no pause. */
  readonly #clock = new RealClock();
  /** The module's time. */
  readonly #time: LabClock;
  readonly #client: BusClient;
  readonly #remote: RemoteDevice;
  readonly #disks: OfferedDisks;
  readonly #cards: OfferedCards;
  readonly #log: RemoteLog;
  readonly #ended = Promise.withResolvers<LabError | undefined>();
  /** What the loaded module hears. */
  readonly #deafen: (() => void)[] = [];
  #loaded: LoadedModule | undefined;
  /** Each load has a number; what an old one still reports is not heard. */
  #round = 0;
  #lost: LabError | undefined;
  #happened = false;
  #resume: () => void = () => {};
  #detaching = false;

  private constructor(
    options: AttachmentOptions,
    since: string,
    client: BusClient,
    remote: RemoteDevice,
    time: LabClock,
  ) {
    this.#time = time;
    time.attend(remote);
    this.#log = new RemoteLog(client, this.#clock, options.module.info.name, since);
    this.#options = options;
    this.#client = client;
    this.#remote = remote;
    this.#disks = new OfferedDisks(client);
    this.#cards = new OfferedCards(client);
  }

  /** Resolves when the driver is live; rejects with what kept it from it, which its presence then says too. */
  static async attach(options: AttachmentOptions): Promise<Attachment> {
    const { broker: url, lab, client: name, token, device, module, params } = options;
    const since = new Date().toISOString();
    const presence: Omit<ModuleView, 'client' | 'session'> = {
      module: module.info.name,
      device,
      params,
      pid: process.pid,
      state: 'loading',
      error: null,
      link: null,
      since,
    };
    const client = await BusClient.connect({
      url,
      lab,
      client: name,
      role: 'driver',
      presence: { ...presence },
      ...(token === undefined ? {} : { token }),
    });
    const [time, remote] = await Promise.all([
      LabClock.follow(client),
      connectDevice(client, device, { deadlineMs: DEADLINE_MS }),
    ]).catch((thrown: unknown) => fail(client, thrown));
    const attachment = new Attachment(options, since, client, remote, time);
    attachment.#listen();
    try {
      await attachment.#bind();
      await attachment.#load();
    } catch (thrown) {
      if (attachment.#lost === undefined) {
        await attachment.#log.flush();
        await remote.close().catch(() => {});
        return fail(client, thrown);
      }
    }
    void attachment.#keep();
    return attachment;
  }

  /** Settles when it is over: undefined after `detach`, else the error that ended it. */
  get ended(): Promise<LabError | undefined> {
    return this.#ended.promise;
  }

  /** Unloads, lets the device go, says goodbye. */
  async detach(): Promise<void> {
    if (this.#detaching) return;
    this.#detaching = true;
    this.#wake();
    await Promise.race([this.#unload(), this.#clock.sleep(EXIT_NS)]);
    await this.#log.flush();
    await this.#remote.close().catch(() => {});
    await this.#client.close().catch(() => {});
    this.#ended.resolve(undefined);
  }

  #listen(): void {
    this.#remote.on((event) => {
      if (event.kind === 'lost') {
        this.#lost ??= event.reason;
        this.#time.leave();
        this.#say('warning', `lost ${this.#options.device}: ${event.reason.code}: ${event.reason.message}`);
      }
      if (event.kind === 'missed')
        this.#say('err', `${event.count} messages of ${this.#options.device} were lost on the bus`);
      if (event.kind === 'interrupt' || event.kind === 'told') return;
      this.#wake();
    });
    this.#client.on((event) => {
      // A device may be announced before the link counts as up again: look once more.
      if (event === 'back') void this.#log.flush();
      this.#wake();
    });
  }

  /** Waits for a loss, then for a way back, until detached. */
  async #keep(): Promise<void> {
    try {
      while (!this.#detaching) {
        if (this.#lost === undefined) await this.#woken();
        else await this.#reattach(this.#lost);
      }
    } catch (thrown) {
      const error = asLabError(thrown);
      this.#report({ state: 'failed', link: null, error: { code: error.code, message: error.message } });
      await this.#log.flush();
      await this.#remote.close().catch(() => {});
      await fail(this.#client, error).catch(() => {});
      this.#ended.resolve(error);
    }
  }

  async #reattach(reason: LabError): Promise<void> {
    await this.#unload();
    this.#report({ state: 'waiting', link: null, error: { code: reason.code, message: reason.message } });
    if (reason.code === 'EACCES' && !this.#stalled()) throw reason; // taken away on purpose: do not fight for it
    const lostAt = this.#clock.now();
    let refused = '';
    while (!this.#detaching) {
      this.#lost = undefined;
      try {
        await this.#bind();
        this.#report({ state: 'loading', error: null });
        await this.#load();
        this.#say('notice', `attached to ${this.#options.device} again`);
        return;
      } catch (thrown) {
        const error = asLabError(thrown);
        // Bound and not lost: the driver itself failed.
        if (this.#remote.bound && this.#lost === undefined) throw error;
        if (error.code !== refused)
          this.#say('warning', `waiting for ${this.#options.device}: ${error.code}: ${error.message}`);
        refused = error.code;
        await this.#unload();
        this.#report({ state: 'waiting', link: null, error: { code: error.code, message: error.message } });
        if (this.#clock.now() - lostAt > this.#options.waitNs)
          throw new LabError('ETIMEDOUT', `${this.#options.device} was not back after ${this.#options.waitNs / 1e9} s`);
      }
      await Promise.race([this.#woken(), this.#clock.sleep(RETRY_NS)]);
    }
  }

  /** Bound, and on the lab's time. */
  async #bind(): Promise<void> {
    const spoken = this.#time.spoken();
    await Promise.all([this.#disks.open(), this.#cards.open()]);
    await this.#remote.bind();
    await Promise.race([spoken(), this.#clock.sleep(SPEAK_NS)]);
  }

  async #load(): Promise<void> {
    const round = ++this.#round;
    const { module, params } = this.#options;
    const loaded = await module.load(this.#kernel(round), params);
    if (round === this.#round && !this.#detaching) this.#loaded = loaded;
    else await loaded.exit();
  }

  async #unload(): Promise<void> {
    this.#round++;
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.exit();
    for (const deaf of this.#deafen.splice(0)) deaf();
    this.#disks.clear();
    this.#cards.clear();
  }

  #kernel(round: number): KernelPort {
    const keep = (stop: () => void): (() => void) => {
      this.#deafen.push(stop);
      return stop;
    };
    return {
      clock: this.#time.clock,
      ports: portsOf(this.#remote, keep),
      requestFirmware: (name) => this.#time.during(this.#options.requestFirmware(name)),
      log: (level, text) => this.#say(level, text),
      report: (status) => {
        if (round === this.#round) this.#report(status);
      },
      onInterrupt: (listener) => keep(this.#remote.onInterrupt(listener)),
      finding: (what, text) => {
        this.#remote.finding(what, text).catch(() => this.#say('err', `finding: ${what}: ${text}`)); // the lab is away
      },
      addDisk: (disk) => this.#disks.add(disk),
      addCard: (card) => this.#cards.add(card),
    };
  }

  /** A lease that ran out because one end stood still, rather than one that was taken. */
  #stalled(): boolean {
    return this.#remote.quietMs > STALL_MS;
  }

  #report(status: {
    state?: ModuleState;
    link?: 'up' | 'down' | null;
    error?: { code: string; message: string } | null;
  }): void {
    this.#client.setPresence(status).catch(() => {}); // without a broker nobody hears; it is said again on return
  }

  #say(level: LogLevel, text: string): void {
    const { module, device } = this.#options;
    if (level !== 'debug') this.#options.say(`${module.info.name} ${device}: ${text}`);
    this.#log.add(level, text);
  }

  /** Resolves at the next event, or at once when one came since the last time. */
  async #woken(): Promise<void> {
    if (!this.#happened)
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    this.#happened = false;
  }

  #wake(): void {
    this.#happened = true;
    this.#resume();
  }
}

/** Leaves the reason behind in the presence; the link closes in order, so that no last will covers it. */
const fail = async (client: BusClient, thrown: unknown): Promise<never> => {
  const error = asLabError(thrown);
  await client
    .setPresence({ state: 'failed', link: null, error: { code: error.code, message: error.message } })
    .catch(() => {});
  await client.link.close().catch(() => {});
  throw error;
};
