/** Whole division that never holds a fraction: an interpreter keeps those on the heap, and a panic must not allocate. */
export const quotient = (dividend: number, divisor: number): number => (dividend - (dividend % divisor)) / divisor;
