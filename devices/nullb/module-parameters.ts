/** Module parameters of null_blk: what loading the module checks, and the defaults it gives each device. Source: null_blk main.c, null_init. */
import { LabError, unknownName } from '#bus/errors.ts';
import { Random } from '#bus/random.ts';
import { INJECTOR_NAMES, NULL_BLK, NULL_BLK_ATTRIBUTES, NULL_BLK_MODULE_ONLY } from '#datasheets/null-blk.ts';
import { type Attributes, parseAttribute } from '#regmap/attributes.ts';
import { Injector } from './injector.ts';

export interface NullBlkModule {
  /** Devices made at load. */
  readonly devices: number;
  /** Defaults of the attributes, as they read. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Lines for the kernel log. */
  readonly notes: readonly string[];
}

/** Loads the module; throws with the errno that would make it fail. A flag may be named without a value. */
export const loadNullBlk = (
  params: Readonly<Record<string, string>>,
  machine: { readonly cpus: number; readonly nodes: number },
): NullBlkModule => {
  const known = parameters();
  const values: Record<string, string> = {};
  const notes: string[] = [];
  for (const [name, written] of Object.entries(params)) {
    const attribute = Object.hasOwn(known, name) ? known[name] : undefined;
    if (attribute === undefined) throw unknownName('module parameter of null_blk', name, Object.keys(known));
    const parsed = parseAttribute(attribute.type, attribute.type === 'bool' && written === '' ? '1' : written);
    if (!parsed.ok) throw new LabError(parsed.errno, `null_blk: ${name}: ${parsed.why}`);
    values[name] = parsed.text;
  }
  const number = (name: string): number => Number(values[name] ?? known[name]?.default);
  const change = (name: string, value: number, why: string): void => {
    notes.push(`${name}: ${number(name)} becomes ${value}: ${why}`);
    values[name] = String(value);
  };
  const refuse = (name: string, allowed: string): LabError =>
    new LabError('EINVAL', `null_blk: ${name} is ${number(name)}: ${allowed}`);

  if (number('queue_mode') > 2 || number('queue_mode') === 1) throw refuse('queue_mode', 'it takes 2, or 0 for 2');
  if (number('irqmode') > 2) throw refuse('irqmode', 'it takes 0 to 2');
  if (number('gb') < 1 || number('gb') * 1024 > NULL_BLK.maxSizeMib) throw refuse('gb', 'it takes 1 to 8388608');
  if (number('bs') > NULL_BLK.pageBytes) change('bs', NULL_BLK.pageBytes, 'a block is a page at most');
  const node = number('home_node');
  if (node !== 0xffffffff && node >= machine.nodes) {
    notes.push(`home_node: ${node} is not online: none`);
    values.home_node = '4294967295';
  }
  if (number('use_per_node_hctx') === 1) values.submit_queues = String(machine.nodes);
  else if (number('submit_queues') > machine.cpus)
    change('submit_queues', machine.cpus, `there are ${machine.cpus} CPUs`);
  else if (number('submit_queues') === 0) change('submit_queues', 1, 'there is one at least');
  for (const name of INJECTOR_NAMES) new Injector(name, new Random(0)).parse(values[name] ?? '');

  const { nr_devices: _, gb, bs, ...same } = values;
  return {
    devices: number('nr_devices'),
    notes,
    attributes: {
      ...same,
      ...(gb === undefined ? {} : { size: String(Number(gb) * 1024) }),
      ...(bs === undefined ? {} : { blocksize: bs }),
    },
  };
};

/** Every module parameter under its own name. */
const parameters = (): Attributes => ({
  ...NULL_BLK_MODULE_ONLY,
  ...Object.fromEntries(Object.entries(NULL_BLK_ATTRIBUTES).filter(([name, { module }]) => module === name)),
});
