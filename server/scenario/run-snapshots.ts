/** Snapshots a scenario keeps while it runs: every device of its bench, by name. */
import { LabError } from '#bus/errors.ts';
import { type DeviceSnapshot, restoreDevice, takeDevice } from '#server/snapshot/device-snapshot.ts';
import type { ScenarioEnv } from './env.ts';
import type { Scenario } from './model.ts';

export class RunSnapshots {
  readonly #scenario: Scenario;
  readonly #env: ScenarioEnv;
  readonly #kept = new Map<string, ReadonlyMap<string, DeviceSnapshot>>();

  constructor(scenario: Scenario, env: ScenarioEnv) {
    this.#scenario = scenario;
    this.#env = env;
  }

  keep(name: string): void {
    const devices = Object.keys(this.#scenario.bench).map(
      (device) => [device, takeDevice(this.#env.device(device))] as const,
    );
    this.#kept.set(name, new Map(devices));
  }

  /** The devices go back; drivers stay as they are and find out. */
  putBack(name: string): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) throw new LabError('ENOENT', `no snapshot ${name} was kept in this run`);
    for (const [device, snapshot] of kept) restoreDevice(this.#env.device(device), snapshot, 'scenario');
  }
}
