/** Who shows a panic: displays add themselves, the process that hosts a driver calls them when an error was caught by nobody. */

export type PanicDump = (description: string) => Promise<boolean>;

/** One chain for a process, as `panic_notifier_list` is one for a kernel. */
const chain = new Set<PanicDump>();

/** Returns the way out of the chain. */
export const onPanic = (dump: PanicDump): (() => void) => {
  chain.add(dump);
  return () => void chain.delete(dump);
};

/** Resolves when every display has drawn it: false when there was none to draw on. */
export const panic = async (description: string): Promise<boolean> => {
  const drawn = await Promise.allSettled([...chain].map((dump) => dump(description)));
  return drawn.some((one) => one.status === 'fulfilled' && one.value);
};

/** `Uncaught TypeError: x is undefined`. */
export const uncaughtWords = (thrown: unknown): string =>
  thrown instanceof Error ? `Uncaught ${thrown.name}: ${thrown.message}` : `Uncaught ${String(thrown)}`;
