/** The live feed: Socket.IO, server to browser only; what a browser is too slow for is counted, never queued. */
import type { FastifyInstance } from 'fastify';
import { Server, type Socket } from 'socket.io';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { DeviceView, FeedAuth, FeedEvents, RunView } from '#bus/api.ts';
import { FRAMES_NAMESPACE, type FramesEvents } from '#bus/frame-wire.ts';
import type { LabContext } from './context.ts';
import { serveFrames } from './display/frames.ts';
import { FeedCursor } from './feed-cursor.ts';
import { checkOrigin, hasToken } from './guard.ts';
import { LevelWatch } from './level-watch.ts';

export interface Feed {
  /** Browsers connected now. */
  readonly clients: number;
  /** Records left out for slow browsers since the lab began. */
  readonly dropped: number;
  close(): Promise<void>;
}

type NoEvents = Record<never, never>;
type FeedSocket = Socket<NoEvents, FeedEvents>;

const BATCH_MS = 25;
const STATE_MS = 250;
const CLIENT_LIMIT = 64;

/** Attaches the feed to the lab's HTTP server. */
export const startFeed = (app: FastifyInstance, lab: LabContext): Feed => {
  const io = new Server<NoEvents, FeedEvents & FramesEvents>(app.server, {
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: 16 * 1024, // a browser has nothing to say
    pingInterval: 5000,
    pingTimeout: 5000,
    allowRequest: (request, answer) => {
      try {
        checkOrigin(request.headers, lab.guard);
        answer(io.engine.clientsCount < CLIENT_LIMIT ? null : `${CLIENT_LIMIT} browsers are connected already`, true);
      } catch (error) {
        answer((error as Error).message, false);
      }
    },
  });
  serveFrames(io.of(FRAMES_NAMESPACE), lab);
  const watchers = new Map<string, Watcher>();
  const levels = new LevelWatch(lab.bench);
  let dropped = 0;

  io.use((socket, next) => {
    const auth = Value.Check(AuthSchema, socket.handshake.auth) ? socket.handshake.auth : undefined;
    if (auth === undefined)
      return next(new Error('EINVAL: auth takes { token?, devices?: string[], since?: { trace?, log? } }'));
    if (!hasToken(socket.handshake.headers, lab.guard, auth.token))
      return next(new Error('EACCES: this lab asks for its token'));
    next();
  });
  io.on('connection', (socket) => {
    const auth = socket.handshake.auth as FeedAuth; // checked on the way in
    const watcher = new Watcher(socket, auth, lab, levels);
    watchers.set(socket.id, watcher);
    socket.on('disconnect', () => {
      dropped += watcher.dropped;
      watchers.delete(socket.id);
    });
  });

  const batch = setInterval(() => {
    for (const watcher of watchers.values()) watcher.flush();
  }, BATCH_MS);
  const state = setInterval(() => {
    lab.views.watch();
    if (watchers.size === 0) return;
    if (lab.time?.isLed === true) for (const watcher of watchers.values()) watcher.time = true;
    const devices = lab.views.all();
    levels.look();
    for (const watcher of watchers.values()) watcher.tell(devices);
  }, STATE_MS);
  const deaf = [
    lab.instruments.onChange(() => {
      for (const watcher of watchers.values()) watcher.instruments = true;
    }),
    lab.time?.onChange(() => {
      for (const watcher of watchers.values()) watcher.time = true;
    }) ?? (() => {}),
    lab.modules.onChange(() => {
      for (const watcher of watchers.values()) watcher.modules = true;
    }),
    lab.runs.onChange((run) => {
      for (const watcher of watchers.values()) watcher.runs.set(run.run, run);
    }),
  ];
  return {
    get clients() {
      return watchers.size;
    },
    get dropped() {
      return [...watchers.values()].reduce((sum, watcher) => sum + watcher.dropped, dropped);
    },
    close: async () => {
      clearInterval(batch);
      clearInterval(state);
      for (const stop of deaf) stop();
      io.disconnectSockets(true);
      await io.close();
    },
  };
};

/** What one browser has been told, and what it has yet to be told. */
class Watcher {
  modules = false;
  instruments = true;
  time = true;
  readonly runs = new Map<number, RunView>();
  readonly #socket: FeedSocket;
  readonly #lab: LabContext;
  readonly #levels: LevelWatch;
  readonly #cursor: FeedCursor;
  readonly #only: ReadonlySet<string> | undefined;
  #log: number;
  #levelVersion = 0;
  #told = new Map<string, string>();

  constructor(socket: FeedSocket, { devices, since = {} }: FeedAuth, lab: LabContext, levels: LevelWatch) {
    this.#socket = socket;
    this.#lab = lab;
    this.#levels = levels;
    this.#only = devices === undefined ? undefined : new Set(devices);
    this.#cursor = new FeedCursor(lab.trace, { since: since.trace, devices: this.#only });
    this.#log = since.log !== undefined && since.log <= lab.log.last ? since.log : 0;
    this.#hello(this.#cursor.gap);
  }

  get dropped(): number {
    return this.#cursor.dropped;
  }

  /** Records, log lines, modules and runs that are new, unless what was sent before has not left yet. */
  flush(): void {
    if (this.#blocked()) return;
    const batch = this.#cursor.next();
    if (batch !== undefined) this.#socket.emit('trace', batch);
    const lines = this.#lab.log.after(this.#log);
    const last = lines.at(-1);
    if (last !== undefined) {
      this.#log = last.seq;
      this.#socket.emit('log', lines);
    }
    if (this.modules) this.#socket.emit('modules', this.#lab.modules.list());
    this.modules = false;
    if (this.instruments) this.#socket.emit('instruments', this.#lab.instruments.view());
    this.instruments = false;
    if (this.time && this.#lab.time !== undefined) this.#socket.emit('time', this.#lab.time.view());
    this.time = false;
    for (const run of this.runs.values()) this.#socket.emit('run', run);
    this.runs.clear();
  }

  /** Devices and registers that changed since this browser was told. */
  tell(all: readonly DeviceView[]): void {
    if (this.#blocked()) return;
    const wanted = all.filter(({ name }) => this.#only === undefined || this.#only.has(name));
    // `state` can only add and change: where a device has gone, everything is said anew
    if (wanted.length !== this.#told.size || wanted.some((device) => !this.#told.has(keyOf(device)))) this.#hello(0);
    const devices = wanted.filter((device) => {
      const text = JSON.stringify(device);
      if (this.#told.get(keyOf(device)) === text) return false;
      this.#told.set(keyOf(device), text);
      return true;
    });
    const registers = this.#levels.since(this.#levelVersion, this.#only);
    this.#levelVersion = this.#levels.version;
    if (devices.length > 0 || Object.keys(registers).length > 0)
      this.#socket.emit('state', { now: this.#lab.clock.now(), devices, registers });
  }

  #hello(gap: number): void {
    const { view, views, modules, runs } = this.#lab;
    const devices = views.all().filter(({ name }) => this.#only === undefined || this.#only.has(name));
    this.#told = new Map(devices.map((device) => [keyOf(device), JSON.stringify(device)]));
    this.#socket.emit('hello', { lab: view(), devices, modules: modules.list(), runs: runs.shown(), gap });
  }

  /** True while the last packet has not been handed to the system: the browser is slow. */
  #blocked(): boolean {
    return !this.#socket.conn.transport.writable;
  }
}

const keyOf = ({ lab, name }: DeviceView): string => `${lab}/${name}`;

const AuthSchema = Type.Object({
  token: Type.Optional(Type.String({ maxLength: 512 })),
  devices: Type.Optional(Type.Array(Type.String({ maxLength: 23 }), { maxItems: 64 })),
  since: Type.Optional(
    Type.Object({
      trace: Type.Optional(Type.Integer({ minimum: 0 })),
      log: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
  ),
});
