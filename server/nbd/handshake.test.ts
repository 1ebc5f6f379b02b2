import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPTION, OPTION_REPLY } from '#bus/nbd-codec.ts';
import { Handshake, type HandshakeTurn, OPTION_DRAIN_BYTES, OPTION_LIMIT_BYTES, OPTIONS_ALLOWED } from './handshake.ts';
import { clientFlags, infoOf, option, optionReplies, queriesOf, RigExport, u32 } from './nbd-rig.ts';
import { joined, utf8 } from './option-codec.ts';

const { ack, server, info, metaContext, errUnsup, errInvalid, errUnknown, errTooBig, errTlsRequired } = OPTION_REPLY;

const bench = (tls: 'none' | 'offered' | 'required' = 'none') => {
  const exports = [new RigExport('one'), new RigExport('two', { sizeBytes: 8 * 2 ** 40, readOnly: true })];
  const handshake = new Handshake({ exports: () => exports, tls });
  handshake.take(clientFlags());
  const ask = (number: number, data?: Uint8Array): HandshakeTurn => handshake.take(option(number, data));
  const types = (turn: HandshakeTurn): number[] => optionReplies(turn.reply).map(({ type }) => type);
  return { exports, handshake, ask, types };
};
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

test('greets as a fixed newstyle server', () => {
  expect(hex(bench().handshake.greeting())).toBe('4e42444d41474943' + '49484156454f5054' + '0003');
});

test('hangs up on client flags it does not know', () => {
  const handshake = new Handshake({ exports: () => [], tls: 'none' });
  expect(handshake.take(clientFlags(0b111))).toMatchObject({ next: 'closed', reason: expect.stringContaining('0x7') });
});

describe('LIST', () => {
  test('names every export, each with its length before it', () => {
    const replies = optionReplies(bench().ask(OPTION.list).reply);
    expect(replies.map(({ type }) => type)).toEqual([server, server, ack]);
    expect(hex(replies[0]?.data)).toBe(`00000003${hex(utf8('one'))}`);
  });

  test('leaves out what is powered off', () => {
    const { exports, ask, types } = bench();
    exports[0]!.up = false;
    expect(types(ask(OPTION.list))).toEqual([server, ack]);
  });

  test('takes no data', () => {
    const { ask, types } = bench();
    expect(types(ask(OPTION.list, u32(1)))).toEqual([errInvalid]);
  });
});

describe('INFO and GO', () => {
  test('say size and flags, and what else was asked', () => {
    const replies = optionReplies(bench().ask(OPTION.info, infoOf('two', 1, 2, 3)).reply);
    expect(replies.map(({ type }) => type)).toEqual([info, info, info, info, ack]);
    expect(hex(replies[0]?.data).slice(0, 20)).toBe('0000' + '0000080000000000');
    expect(text(replies[1]?.data.subarray(2))).toBe('two');
    expect(text(replies[2]?.data.subarray(2))).toBe('a rig');
    expect(hex(replies[3]?.data)).toBe('0003' + '00000200' + '00001000' + '02000000');
  });

  test('INFO goes on negotiating, GO begins the transmission', () => {
    const { ask } = bench();
    expect(ask(OPTION.info, infoOf('one')).next).toBe('more');
    expect(ask(OPTION.go, infoOf('one'))).toMatchObject({ next: 'agreed', agreement: { structured: false } });
  });

  test('flags tell a read-only export, and DF only with structured replies', () => {
    const { ask } = bench();
    const flags = (turn: HandshakeTurn): number =>
      Number.parseInt(hex(optionReplies(turn.reply)[0]?.data).slice(20), 16);
    expect(flags(ask(OPTION.info, infoOf('one'))) & 0b10000010).toBe(0);
    expect(flags(ask(OPTION.info, infoOf('two'))) & 0b10).toBe(0b10);
    ask(OPTION.structuredReply);
    expect(flags(ask(OPTION.info, infoOf('one'))) & 0b10000000).toBe(0b10000000);
  });

  test('the empty name is the first export; an unknown one is refused by name', () => {
    const { ask } = bench();
    expect(ask(OPTION.info, infoOf('')).reply).toEqual(ask(OPTION.info, infoOf('one')).reply);
    const [refused] = optionReplies(ask(OPTION.go, infoOf('three')).reply);
    expect(refused).toMatchObject({ type: errUnknown });
    expect(text(refused?.data)).toContain("'three'");
  });

  test.each([
    ['a name longer than the data', joined(u32(100), utf8('one'), Uint8Array.of(0, 0))],
    ['a count that does not fit', joined(u32(3), utf8('one'), Uint8Array.of(0, 9))],
    ['no data', new Uint8Array(0)],
    ['a name that is not UTF-8', joined(u32(1), Uint8Array.of(0xff), Uint8Array.of(0, 0))],
    ['a name with NUL', joined(u32(1), Uint8Array.of(0), Uint8Array.of(0, 0))],
    ['something behind the list', joined(infoOf('one', 3), u32(0))],
  ])('refuse %s, and go on', (_, data) => {
    const { ask, types } = bench();
    expect(types(ask(OPTION.go, data))).toEqual([errInvalid]);
    expect(ask(OPTION.go, infoOf('one')).next).toBe('agreed');
  });
});

describe('EXPORT_NAME', () => {
  test('answers with size, flags and padding, without a reply header', () => {
    const handshake = new Handshake({ exports: () => [new RigExport('one')], tls: 'none' });
    handshake.take(clientFlags(1));
    const turn = handshake.take(option(OPTION.exportName, utf8('one')));
    expect(turn).toMatchObject({ next: 'agreed' });
    expect(turn.reply).toHaveLength(10 + 124);
  });

  test('leaves the padding out when both ends agreed to', () => {
    expect(bench().ask(OPTION.exportName, utf8('one')).reply).toHaveLength(10);
  });

  test('hangs up on an unknown export: it has no error reply', () => {
    expect(bench().ask(OPTION.exportName, utf8('three'))).toMatchObject({ next: 'closed' });
    expect(bench().ask(OPTION.exportName, new Uint8Array(OPTION_LIMIT_BYTES + 1))).toMatchObject({ next: 'closed' });
  });
});

describe('meta contexts', () => {
  test('SET before structured replies is refused', () => {
    const { ask, types } = bench();
    expect(types(ask(OPTION.setMetaContext, queriesOf('one', 'base:allocation')))).toEqual([errInvalid]);
  });

  test('base:allocation is listed by its name, by base: and by no query; unknown ones are passed over', () => {
    const { ask, types } = bench();
    for (const queries of [[], ['base:'], ['base:allocation'], ['qemu:dirty', 'base:allocation']])
      expect(types(ask(OPTION.listMetaContext, queriesOf('one', ...queries)))).toEqual([metaContext, ack]);
    for (const query of ['qemu:', 'base:other', 'base'])
      expect(types(ask(OPTION.listMetaContext, queriesOf('one', query)))).toEqual([ack]);
  });

  test('SET selects it for that export and no other', () => {
    const { ask, types } = bench();
    ask(OPTION.structuredReply);
    expect(types(ask(OPTION.setMetaContext, queriesOf('one', 'base:')))).toEqual([ack]);
    expect(types(ask(OPTION.setMetaContext, queriesOf('one', 'base:allocation')))).toEqual([metaContext, ack]);
    expect(ask(OPTION.go, infoOf('two')).agreement?.allocationContext).toBeNull();
    expect(ask(OPTION.go, infoOf('one')).agreement?.allocationContext).toBe(1);
  });

  test('a later SET replaces the selection, a refused one too', () => {
    const { ask } = bench();
    ask(OPTION.structuredReply);
    ask(OPTION.setMetaContext, queriesOf('one', 'base:allocation'));
    ask(OPTION.setMetaContext, u32(999));
    expect(ask(OPTION.go, infoOf('one')).agreement?.allocationContext).toBeNull();
  });

  test('lengths that do not add up are refused', () => {
    const { ask, types } = bench();
    const broken = joined(u32(3), utf8('one'), u32(0xffffffff), u32(4), utf8('base'));
    expect(types(ask(OPTION.listMetaContext, broken))).toEqual([errInvalid]);
  });
});

test('what it does not speak is refused, and it goes on', () => {
  const { ask, types } = bench();
  for (const number of [OPTION.peekExport, OPTION.extendedHeaders, 0, 12, 0xffffffff])
    expect(types(ask(number, utf8('data')))).toEqual([errUnsup]);
  expect(types(ask(OPTION.list))).toEqual([server, server, ack]);
});

test('ABORT is acknowledged, then the connection ends', () => {
  const { ask, types } = bench();
  const turn = ask(OPTION.abort, utf8('bye'));
  expect(types(turn)).toEqual([ack]);
  expect(turn.next).toBe('closed');
});

describe('TLS', () => {
  test('is refused where there is no certificate', () => {
    const { ask, types } = bench();
    expect(types(ask(OPTION.startTls))).toEqual([errUnsup]);
  });

  test('forgets what was agreed before it', () => {
    const { ask, types, handshake } = bench('offered');
    ask(OPTION.structuredReply);
    expect(ask(OPTION.startTls)).toMatchObject({ next: 'tls' });
    handshake.secured();
    expect(types(ask(OPTION.setMetaContext, queriesOf('one', 'base:allocation')))).toEqual([errInvalid]);
    expect(types(ask(OPTION.startTls))).toEqual([errInvalid]);
  });

  test('hangs up on bytes that came before it was up', () => {
    const { handshake } = bench('offered');
    const turn = handshake.take(joined(option(OPTION.startTls), option(OPTION.list)));
    expect(turn).toMatchObject({ next: 'closed', reason: expect.stringContaining('STARTTLS') });
  });

  test('where it is required, nothing else is answered before it', () => {
    const { ask, types } = bench('required');
    expect(types(ask(OPTION.list))).toEqual([errTlsRequired]);
    expect(types(ask(OPTION.go, infoOf('one')))).toEqual([errTlsRequired]);
    expect(ask(OPTION.exportName, utf8('one')).next).toBe('closed');
  });
});

describe('bad input', () => {
  test('an option without its magic ends the connection', () => {
    expect(bench().handshake.take(new Uint8Array(16)).next).toBe('closed');
  });

  test('a long option is read past and refused, an endless one ends the connection', () => {
    const { ask, types, handshake } = bench();
    expect(types(ask(99, new Uint8Array(OPTION_LIMIT_BYTES + 1)))).toEqual([errTooBig]);
    expect(types(ask(OPTION.list))).toEqual([server, server, ack]);
    const head = option(99).slice();
    new DataView(head.buffer).setUint32(12, OPTION_DRAIN_BYTES + 1);
    expect(handshake.take(head).next).toBe('closed');
  });

  test('options without end end the connection', () => {
    const { ask } = bench();
    const turns = Array.from({ length: OPTIONS_ALLOWED + 100 }, () => ask(99).next);
    expect(turns.indexOf('closed')).toBe(OPTIONS_ALLOWED + 8);
  });

  const script = fc.array(
    fc.oneof(
      fc.constantFrom(
        option(OPTION.list),
        option(OPTION.structuredReply),
        option(OPTION.info, infoOf('one', 1, 2, 3)),
        option(OPTION.setMetaContext, queriesOf('one', 'base:allocation')),
        option(OPTION.listMetaContext, queriesOf('two')),
        option(OPTION.startTls),
        option(77, new Uint8Array(OPTION_LIMIT_BYTES + 10)),
        option(OPTION.abort),
        option(OPTION.go, infoOf('two')),
      ),
      fc.tuple(fc.nat(12), fc.uint8Array({ maxLength: 64 })).map(([number, data]) => option(number, data)),
      fc.uint8Array({ maxLength: 20 }),
    ),
    { maxLength: 12 },
  );
  const outcome = (pieces: readonly Uint8Array[]) => {
    const exports = [new RigExport('one'), new RigExport('two')];
    const handshake = new Handshake({ exports: () => exports, tls: 'none' });
    const said: Uint8Array[] = [];
    for (const [i, piece] of pieces.entries()) {
      const { reply, next, rest, reason } = handshake.take(piece);
      said.push(reply);
      if (next === 'more') continue;
      const over = next === 'agreed' ? hex(joined(rest, ...pieces.slice(i + 1))) : '';
      return { said: hex(joined(...said)), next, reason, over };
    }
    return { said: hex(joined(...said)), next: 'more', reason: '', over: '' };
  };

  test('any bytes in any pieces give the same replies', () => {
    fc.assert(
      fc.property(script, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (messages, cuts) => {
        const bytes = joined(clientFlags(), ...messages);
        const pieces: Uint8Array[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const length = bytes.length > 10_000 ? cuts[i % cuts.length]! * 97 : cuts[i % cuts.length]!;
          pieces.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(outcome(pieces)).toEqual(outcome([bytes]));
      }),
      { numRuns: 300 },
    );
  });
});
