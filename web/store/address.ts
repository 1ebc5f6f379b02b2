/** Addresses as the feed writes them: decimal, or as the datasheet prints them. */
import { c45 } from '#datasheets/c45.ts';

export const parseAddress = (text: string): number | undefined => {
  if (/^\d+$/.test(text)) return Number(text);
  const match = /^(\d{1,2})\.([0-9a-fA-F]{1,4})h$/.exec(text);
  return match === null ? undefined : c45(Number(match[1]), Number.parseInt(match[2] ?? '', 16));
};
