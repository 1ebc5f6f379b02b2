/** Presses the panic button of a display and waits for what its driver says. */
import type { LogLevel, LogLine, ModuleView } from '#bus/api.ts';
import { LabError } from '#bus/errors.ts';
import type { LabContext } from '../context.ts';
import { displayOf } from './display-of.ts';

const PANIC_MS = 10_000;
/** Lines of that level: that it panics, and what became of its screen. */
const EMERGENCIES = 2;
const LAST_WORDS: readonly LogLevel[] = ['emerg', 'crit'];

/** Resolves with the last words of the driver; ENODEV, EBUSY, EOPNOTSUPP or ETIMEDOUT when there is no panic. */
export const askToPanic = async (
  lab: LabContext,
  device: string,
  text: string,
  requester: string,
): Promise<readonly string[]> => {
  const display = displayOf(lab.bench, device);
  const { owner } = lab.views.one(device);
  if (owner === null) throw new LabError('ENODEV', `${device} has no driver to panic; load one: insmod ferro_drm`);
  const module = (): ModuleView | undefined => lab.modules.list().find(({ client }) => client === owner.client);
  if (module()?.state === 'failed')
    throw new LabError(
      'EBUSY',
      `${owner.module} has failed already (${module()?.error?.message}): rmmod ${device} first`,
    );
  if (!display.inspect().interrupt.enabled.includes('PANIC_BUTTON'))
    throw new LabError('EOPNOTSUPP', `${owner.module} does not listen to the panic button of ${device}`);
  const before = lab.log.last;
  const said = (): readonly LogLine[] =>
    lab.log.after(before).filter(({ level, facility }) => LAST_WORDS.includes(level) && facility === owner.module);
  const happened = new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (said().filter(({ level }) => level === 'emerg').length >= EMERGENCIES) finish(resolve);
    };
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      deafen();
      deaf();
      end();
    };
    const timer = setTimeout(() => {
      const late = new LabError('ETIMEDOUT', `${owner.module} did not panic within ${PANIC_MS / 1000} s`);
      finish(() => (said().length > 0 ? resolve() : reject(late)));
    }, PANIC_MS);
    const deafen = lab.modules.onChange(look);
    const deaf = lab.log.tap(look);
  });
  lab.bench.device(device).control('panic-button', { text }, requester);
  await happened;
  return said().map((line) => line.text);
};
