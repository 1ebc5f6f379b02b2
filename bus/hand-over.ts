/** Giving a buffer up: after the call its former owner finds it empty, as a driver finds memory that is mapped for DMA. */

/** The bytes, now the receiver's. A buffer of its own is detached; a piece of a larger or shared one can only be copied. */
export const handOver = (bytes: Uint8Array): Uint8Array => {
  const { buffer, byteLength } = bytes;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && !buffer.resizable;
  // `slice` of a Node buffer is no copy
  return whole ? new Uint8Array(buffer.transfer()) : new Uint8Array(bytes);
};
