/** What hangs on single attributes of a null block device: power, bad blocks, zones, queues, and rnull's own checks. */
import { LabError } from '#bus/errors.ts';
import type { Hook } from './attribute-book.ts';
import type { BadBlocks } from './bad-blocks.ts';
import { isBlockSize, type Personality } from './config.ts';
import type { Injectors } from './injectors.ts';

export interface HookParts {
  readonly personality: Personality;
  readonly features: string;
  readonly badBlocks: BadBlocks;
  readonly injectors: Injectors;
  readonly powered: () => boolean;
  readonly power: (on: boolean) => void;
  readonly markZone: (sector: number, condition: 'READONLY' | 'OFFLINE') => void;
  readonly setQueues: (which: 'submit_queues' | 'poll_queues', count: number) => void;
}

export const attributeHooks = (parts: HookParts): Readonly<Record<string, Hook>> => {
  const { personality, features, powered, power } = parts;
  const common: Record<string, Hook> = {
    power: { read: () => (powered() ? '1' : '0'), write: (text) => power(text === '1') },
    features: { read: () => features },
  };
  return personality === 'rnull' ? { ...common, ...RNULL_CHECKS } : { ...common, ...nullBlkHooks(parts) };
};

const nullBlkHooks = ({ badBlocks, injectors, markZone, setQueues }: HookParts): Readonly<Record<string, Hook>> => ({
  badblocks: { read: () => badBlocks.text, write: (text) => badBlocks.apply(text) },
  zone_readonly: { write: (text) => markZone(Number(text), 'READONLY') },
  zone_offline: { write: (text) => markZone(Number(text), 'OFFLINE') },
  submit_queues: { write: (text) => setQueues('submit_queues', Number(text)) },
  poll_queues: { write: (text) => setQueues('poll_queues', Number(text)) },
  ...injectors.hooks(),
});

/** rnull looks at values when they are written. Source: Linux drivers/block/rnull/configfs.rs. */
const RNULL_CHECKS: Readonly<Record<string, Hook>> = {
  blocksize: {
    write: (text) => {
      if (!isBlockSize(Number(text)))
        throw new LabError('EINVAL', `blocksize is ${text}: it takes a power of two from 512 to 4096`);
    },
  },
  irqmode: {
    write: (text) => {
      if (Number(text) > 1) throw new LabError('EINVAL', `irqmode is ${text}: rnull takes 0 or 1`);
    },
  },
};
