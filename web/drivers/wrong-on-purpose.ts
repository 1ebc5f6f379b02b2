/** Which drivers are for work, and which are there to be caught. */
import type { DriverInfo } from '#bus/api.ts';

/** Those that say of themselves that they are broken on purpose, apart from the others; each in the order they came. */
export const sorted = (
  drivers: readonly DriverInfo[],
): { readonly right: readonly DriverInfo[]; readonly wrong: readonly DriverInfo[] } => {
  const isWrong = ({ description }: DriverInfo): boolean => description.startsWith('Broken on purpose: ');
  return { right: drivers.filter((driver) => !isWrong(driver)), wrong: drivers.filter(isWrong) };
};
