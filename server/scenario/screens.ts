/** The screens of one run: programs that draw on them, frames that were kept, vertical blanks that were counted. */
import { Display } from '#devices/display/display.ts';
import { DrawWork, Painter } from './draw-work.ts';
import type { ScenarioEnv } from './env.ts';
import type { DrawDeed } from './model.ts';
import { displayOf, type ScreenMarks } from './screen-watch.ts';

export class Screens {
  readonly #env: ScenarioEnv;
  readonly #displays: readonly string[];
  readonly #painters = new Map<string, Painter>();
  readonly #drawn = new Map<string, DrawWork>();
  readonly #kept = new Map<string, number>();
  #vblanks: ReadonlyMap<string, number> = new Map();

  constructor(env: ScenarioEnv, devices: readonly string[]) {
    this.#env = env;
    this.#displays = devices.filter((name) => env.device(name).device instanceof Display);
    this.mark();
  }

  get marks(): Omit<ScreenMarks, 'record'> {
    return { drawn: this.#drawn, kept: this.#kept, vblanks: this.#vblanks };
  }

  /** Vertical blanks are counted from here. */
  mark(): void {
    this.#vblanks = new Map(
      this.#displays.map((name) => [name, displayOf(this.#env, name).inspect().vblank.count] as const),
    );
  }

  keep(device: string, name: string): void {
    this.#kept.set(name, displayOf(this.#env, device).frameCrc());
  }

  /** Its driver comes or goes: the program of that time is over. */
  forget(device: string): void {
    this.#painters.delete(device);
  }

  draw(deed: DrawDeed): DrawWork {
    const work = new DrawWork(deed, () => this.#painter(deed), this.#env.clock);
    if (deed.as !== null) this.#drawn.set(deed.as, work);
    return work;
  }

  /** One program for a screen: what it has drawn stays until the driver goes, or it takes another mode. */
  async #painter({ device, mode }: DrawDeed): Promise<Painter> {
    const open = this.#painters.get(device);
    if (open !== undefined && (mode === null || open.mode === mode)) return open;
    this.#painters.delete(device);
    await open?.program.close();
    const painter = new Painter(await this.#env.openCard(device, 'scenario', mode ?? undefined), mode);
    this.#painters.set(device, painter);
    return painter;
  }
}
