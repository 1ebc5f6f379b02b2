/** What is wrong with a filter, and where in its text. */
import { LabError } from '../errors.ts';

/** `from` and `to` are offsets in the text as it was typed. */
export class FilterError extends LabError {
  readonly from: number;
  readonly to: number;

  constructor(message: string, from: number, to: number) {
    super('EINVAL', message);
    this.name = 'FilterError';
    this.from = from;
    this.to = to;
  }
}
