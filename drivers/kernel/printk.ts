/** The kernel log as a module writes to it: one function a level. */
import type { LogLevel } from '#bus/api.ts';

export type Printk = { readonly [L in LogLevel]: (text: string) => void };

/** `pr.info('…')`, `pr.warning('…')`, each line with the prefix in front. */
export const printk = (log: (level: LogLevel, text: string) => void, prefix = ''): Printk => {
  const at = (level: LogLevel) => (text: string) => log(level, prefix + text);
  return {
    emerg: at('emerg'),
    alert: at('alert'),
    crit: at('crit'),
    err: at('err'),
    warning: at('warning'),
    notice: at('notice'),
    info: at('info'),
    debug: at('debug'),
  };
};
