/** The scenario files of one directory, by name. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LabError, unknownName } from '#bus/errors.ts';
import type { Scenario } from './scenario/model.ts';
import { type ParseOptions, parseScenario } from './scenario/parse.ts';

const SCENARIO_LIMIT = 256 * 1024;

/** Read anew each time, so that an edited file runs as it is. */
export class ScenarioShelf {
  readonly #dir: string | undefined;

  constructor(dir: string | undefined) {
    this.#dir = dir;
  }

  names(): readonly string[] {
    return [...this.#files().keys()];
  }

  /** ENOENT with a "did you mean", EINVAL with line and column, EFBIG. */
  read(name: string, options?: ParseOptions): Scenario {
    const files = this.#files();
    const file = files.get(name);
    if (file === undefined) throw unknownName('scenario', name, [...files.keys()]);
    const text = readFileSync(file, 'utf8');
    if (text.length > SCENARIO_LIMIT)
      throw new LabError('EFBIG', `${basename(file)} is ${text.length} characters; ${SCENARIO_LIMIT} are allowed`);
    return parseScenario(text, basename(file), options);
  }

  #files(): ReadonlyMap<string, string> {
    const dir = this.#dir;
    if (dir === undefined) return new Map();
    try {
      const names = readdirSync(dir).filter((name) => /\.ya?ml$/.test(name));
      return new Map(names.sort().map((name) => [name.replace(/\.ya?ml$/, ''), join(dir, name)]));
    } catch (cause) {
      throw new LabError('ENOENT', `scenarios directory ${dir} cannot be read`, { cause });
    }
  }
}
