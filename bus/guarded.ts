/** Calling a driver's listener: what it throws is its own. */

/** What throws in a driver's listener is the driver's: it surfaces as its unhandled rejection, and the device goes on. */
export const guarded = (call: () => void): void => {
  try {
    call();
  } catch (thrown) {
    void Promise.reject(thrown);
  }
};
