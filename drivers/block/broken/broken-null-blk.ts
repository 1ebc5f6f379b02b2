/** Declares a null_blk that is wrong on purpose, for scenarios that show what the lab makes of it. */
import type { DriverModule } from '#bus/kernel-port.ts';
import type { Params, Settings } from '#regmap/params.ts';
import { defineModule, type Kernel } from '../../kernel/module.ts';
import { NULL_BLK_PARAMS, type NullBlk } from '../null-blk.ts';

type NullBlkClass = new (kernel: Kernel<Params>, settings: Settings<typeof NULL_BLK_PARAMS>) => NullBlk;

/** The same parameters as null_blk; the description says what is wrong. */
export const brokenNullBlk = (name: string, description: string, Driver: NullBlkClass): DriverModule =>
  defineModule({
    name,
    description: `Broken on purpose: ${description}`,
    author: 'Ferrolab',
    license: 'Apache-2.0',
    drives: ['nullb'],
    params: NULL_BLK_PARAMS,
    init: (kernel) => new Driver(kernel, kernel.params).probe(),
  });
