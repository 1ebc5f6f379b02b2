/** What the last panic drew, and what it had to leave out. */

export type PanicFallback =
  | 'none'
  | 'the log is empty'
  | 'not one line of the log fits in the code'
  | 'the screen is too small for the code'
  | 'the code could not be made';

/** One object for the life of a screen: reporting must not allocate either. */
export class PanicReport {
  /** What is on the screen, and why it is not what was asked for. */
  screen: 'user' | 'kmsg' | 'qr_code' = 'user';
  fallback: PanicFallback = 'none';
  /** QR version drawn, 0 for none; pixels of a module; payload bytes of all parts. */
  version = 0;
  scalePx = 0;
  payloadBytes = 0;
  /** Lines of the log in the code, and lines that were kept but found no room. */
  linesIn = 0;
  linesLeftOut = 0;
  /** Modules have so few pixels that a camera may fail. */
  tooDense = false;
  /** Codes to show in turn. */
  parts = 1;

  clear(): void {
    this.screen = 'user';
    this.fallback = 'none';
    this.version = 0;
    this.scalePx = 0;
    this.payloadBytes = 0;
    this.linesIn = 0;
    this.linesLeftOut = 0;
    this.tooDense = false;
    this.parts = 1;
  }
}

/** The report in a sentence or two, for whoever may allocate. */
export const reportWords = (report: Readonly<PanicReport>): string => {
  const { screen, fallback, version, scalePx, linesIn, linesLeftOut, tooDense, parts } = report;
  const words = [`panic screen ${screen}`];
  if (fallback !== 'none') words.push(`instead of qr_code: ${fallback}`);
  if (version > 0) {
    const codes = parts > 1 ? `${parts} codes in turn, ` : '';
    words.push(`${codes}version ${version}, ${scalePx} px a module, ${linesIn} lines of the log`);
    if (linesLeftOut > 0) words.push(`truncated: ${linesLeftOut} older lines left out`);
    if (tooDense) words.push('too dense for many cameras: lower panic_qr_version or raise panic_qr_min_scale');
  }
  return words.join('; ');
};
