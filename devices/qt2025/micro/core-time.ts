/** In virtual time the chip sees each access of the core at the time of its instruction, not when somebody looked. */
import type { MicroOptions } from '../micro.ts';
import type { SurroundingsOptions } from './surroundings.ts';

/** The same options with every access made by `at`, which acts at the time of the present instruction. */
export const inCoreTime = <T extends MicroOptions & Omit<SurroundingsOptions, 'bus'>>(
  options: T,
  at: <R>(act: () => R) => R,
): T => {
  const { bus, accessed } = options;
  const { i2c } = bus;
  return {
    ...options,
    ...(accessed === undefined ? {} : { accessed: (access) => at(() => accessed(access)) }),
    bus: {
      ...bus,
      readRegister: (register) => at(() => bus.readRegister(register)),
      writeRegister: (register, value) => at(() => bus.writeRegister(register, value)),
      i2c: {
        address: (device, reading) => at(() => i2c.address(device, reading)),
        put: (device, byte) => at(() => i2c.put(device, byte)),
        take: (device) => at(() => i2c.take(device)),
        stop: (device) => at(() => i2c.stop(device)),
        stuck: () => i2c.stuck(),
      },
    },
  };
};
