/** The kernel's three fault injectors of a null block device, and the attributes that set them. */
import type { Random } from '#bus/random.ts';
import { INJECTOR_GROUP, INJECTOR_NAMES, type InjectorName } from '#datasheets/null-blk.ts';
import type { Hook } from './attribute-book.ts';
import { INJECTOR_FIELDS, Injector } from './injector.ts';

export type InjectorsSnapshot = Readonly<Record<InjectorName, ReturnType<Injector['snapshot']>>>;

export class Injectors {
  readonly timeout: Injector;
  readonly requeue: Injector;
  readonly init_hctx: Injector;

  constructor(random: Random) {
    this.timeout = new Injector('timeout', random.fork('timeout'));
    this.requeue = new Injector('requeue', random.fork('requeue'));
    this.init_hctx = new Injector('init_hctx', random.fork('init_hctx'));
  }

  /** Requests pass by unharmed. */
  get idle(): boolean {
    return this.timeout.idle && this.requeue.idle;
  }

  hooks(): Readonly<Record<string, Hook>> {
    return Object.fromEntries(
      INJECTOR_NAMES.flatMap((name): [string, Hook][] => [
        [name, { read: () => this[name].text, write: (text) => this[name].parse(text) }],
        ...INJECTOR_FIELDS.map((field): [string, Hook] => [
          `${INJECTOR_GROUP[name]}/${field}`,
          {
            read: () => String(this[name].get(field)),
            write: (text) => this[name].set(field, Number(text)),
          },
        ]),
      ]),
    );
  }

  snapshot(): InjectorsSnapshot {
    return {
      timeout: this.timeout.snapshot(),
      requeue: this.requeue.snapshot(),
      init_hctx: this.init_hctx.snapshot(),
    };
  }

  restore(from: InjectorsSnapshot): void {
    for (const name of INJECTOR_NAMES) this[name].restore(from[name]);
  }
}
