/** The attributes of one device: their texts, who may write them when, and what hangs on a write. */
import { LabError, unknownName } from '#bus/errors.ts';
import {
  type Attribute,
  type Attributes,
  type AttributeView,
  defaultTexts,
  parseAttribute,
} from '#regmap/attributes.ts';

/** What an attribute does beyond keeping its text. */
export interface Hook {
  readonly read?: () => string;
  /** Throws to refuse; the text is kept when it does not, unless there is `read`. */
  readonly write?: (text: string) => void;
}

export interface BookOptions {
  readonly declared: Attributes;
  readonly hooks: Readonly<Record<string, Hook>>;
  readonly powered: () => boolean;
  /** rnull asks whether it is busy before it looks at what was written; C parses first. */
  readonly busyFirst: boolean;
}

export class AttributeBook {
  readonly #options: BookOptions;
  readonly #texts: Record<string, string>;

  constructor(options: BookOptions) {
    this.#options = options;
    this.#texts = defaultTexts(options.declared);
  }

  /** Texts as power on sees them. */
  get texts(): Readonly<Record<string, string>> {
    return this.#texts;
  }

  views(): readonly AttributeView[] {
    return Object.entries(this.#options.declared).map(([name, attribute]) => {
      const reason = this.#busy(attribute);
      return {
        ...attribute,
        name,
        value: attribute.access === 'wo' ? null : this.#text(name),
        writable: reason === '',
        reason,
      };
    });
  }

  read(name: string): string {
    if (this.#declared(name).access === 'wo') throw new LabError('EACCES', `${name} is write-only`);
    return this.#text(name);
  }

  write(name: string, written: string): void {
    const attribute = this.#declared(name);
    if (attribute.access === 'ro') throw new LabError('EACCES', `${name} is read-only`);
    const busy = this.#busy(attribute);
    const refuseBusy = (): void => {
      if (busy !== '') throw new LabError('EBUSY', `${name}: ${busy}`);
    };
    if (this.#options.busyFirst) refuseBusy();
    const parsed = parseAttribute(attribute.type, written);
    if (!parsed.ok) throw new LabError(parsed.errno, `${name}: ${parsed.why}; it takes ${attribute.range}`);
    refuseBusy();
    const hook = this.#options.hooks[name];
    hook?.write?.(parsed.text);
    if (hook?.read === undefined) this.#texts[name] = parsed.text;
  }

  /** The device itself changes what reads. */
  put(texts: Readonly<Record<string, string>>): void {
    Object.assign(this.#texts, texts);
  }

  #text(name: string): string {
    return this.#options.hooks[name]?.read?.() ?? this.#texts[name] ?? '';
  }

  #busy({ access, live }: Attribute): string {
    if (access === 'ro') return 'it is read-only';
    return live || !this.#options.powered() ? '' : 'the device is powered: power off to write it';
  }

  #declared(name: string): Attribute {
    const { declared } = this.#options;
    const attribute = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (attribute === undefined) throw unknownName('attribute', name, Object.keys(declared));
    return attribute;
  }
}
