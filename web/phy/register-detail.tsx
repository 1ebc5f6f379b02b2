/** One register in full: bit ruler, fields with their words, latch strip, a poke and a read on the bus. */
import { type ReactElement, useRef, useState } from 'react';
import type { DeviceView } from '#bus/api.ts';
import { decodeField } from '#regmap/codec.ts';
import { type Field, fieldMask, fieldMax, type Register } from '#regmap/declare.ts';
import { api } from '../api.ts';
import { partOf, registerAt } from '../parts.ts';
import { touches, trace, useCells } from '../store/lab-state.ts';
import { CommandButton, Key } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { hex } from '../ui/format.ts';
import { LatchStrip } from './latch-strip.tsx';
import { standardAddress } from './register-rows.ts';

export const RegisterDetail = ({ device, at }: { device: DeviceView; at: number }): ReactElement => {
  const part = partOf(device.kind);
  const cell = useCells(device.name).get(at);
  const found = registerAt(part, at);
  if (found === undefined)
    return (
      <section className="faceplate register-detail">
        <Empty title={`${part.print(at)} is no declared register`}>Choose one from the map.</Empty>
      </section>
    );
  const { name, register } = found;
  const next = cell?.next ?? 0;
  const level = cell?.level ?? 0;
  const latching = Object.entries(register.fields).find(([, { access }]) => access === 'll' || access === 'lh');
  return (
    <section className="faceplate register-detail" aria-label={`Register ${name}`}>
      <header className="head">
        <h2>
          <span className="mono">{part.print(at)}</span> {name}
          <small>{standardAddress(at)}</small>
        </h2>
        <b className="mono at-end register-value">{hex(next, register.width / 4)}</b>
      </header>
      <div className="register-body">
        <p className="mid">{register.doc}</p>
        <BitRuler register={register} next={next} level={level} />
        <Fields register={register} next={next} level={level} />
        {next === 0xffff && register.width === 16 && (
          <p className="aside">
            All ones, and still real: the PHY drove the turnaround. An absent MMD reads{' '}
            <span className="mono">FFFFh</span> too, undriven.
          </p>
        )}
        {latching !== undefined && (
          <LatchStrip
            device={device.name}
            at={at}
            name={`${name}.${latching[0]}`}
            bit={latching[1].lo}
            low={latching[1].access === 'll'}
            level={level}
            next={next}
          />
        )}
        <Poke device={device.name} name={name} register={register} level={level} />
        <p className="register-source dim">
          {register.memory === undefined ? 'Register' : `Firmware cell in ${register.memory}`}, {register.evidence}:{' '}
          {register.source}
          <LastTouch device={device.name} at={at} />
        </p>
      </div>
    </section>
  );
};

const LastTouch = ({ device, at }: { device: string; at: number }): ReactElement | null => {
  const touch = touches.of(trace.names.devices.indexOf(device), at);
  return touch === undefined ? null : (
    <>
      . Last {touch.op} by {trace.names.requesters[touch.requester] ?? 'unknown'}, access {touch.seq}.
    </>
  );
};

const BitRuler = ({ register, next, level }: { register: Register; next: number; level: number }): ReactElement => {
  const bits = Array.from({ length: register.width }, (_, i) => register.width - 1 - i);
  const known = Object.values(register.fields).reduce((mask, field) => mask | fieldMask(field), 0);
  return (
    <div
      className="ruler"
      style={{ gridTemplateColumns: `repeat(${register.width}, minmax(0, 1fr))` }}
      aria-hidden="true"
    >
      {bits.map((bit) => (
        <span key={`n${bit}`} className="ruler-number" data-nibble={bit % 4 === 3 || undefined}>
          {bit}
        </span>
      ))}
      {bits.map((bit) => {
        const on = ((next >>> bit) & 1) === 1;
        const kind =
          ((known >>> bit) & 1) === 0
            ? 'reserved'
            : (((next ^ level) >>> bit) & 1) === 1
              ? 'latched'
              : on
                ? 'one'
                : 'zero';
        return (
          <b key={`b${bit}`} data-kind={kind} data-nibble={bit % 4 === 3 || undefined}>
            {on ? 1 : 0}
          </b>
        );
      })}
      {Object.entries(register.fields).map(([name, { hi, lo }]) => (
        <span
          key={name}
          className="ruler-field"
          style={{ gridColumn: `${register.width - hi} / ${register.width - lo + 1}` }}
        >
          {name.length * 6.4 <= (hi - lo + 1) * (340 / register.width) && <i>{name}</i>}
        </span>
      ))}
    </div>
  );
};

const Fields = ({ register, next, level }: { register: Register; next: number; level: number }): ReactElement => (
  <table className="table fields">
    <tbody>
      {Object.entries(register.fields).map(([name, field]) => (
        <tr key={name}>
          <td className="mono dim">{field.hi === field.lo ? field.hi : `${field.hi}:${field.lo}`}</td>
          <td>{name}</td>
          <td className="dim">{field.access.toUpperCase()}</td>
          <td className="right">
            <b>{word(field, next)}</b>
          </td>
          <td className="field-doc" title={field.doc}>
            {((next ^ level) & fieldMask(field)) !== 0 && (
              <span className="bad">
                {field.access === 'lh' ? 'seen' : 'lost'} since the last read; now {word(field, level)}.{' '}
              </span>
            )}
            {field.doc}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** A field in words: its name for the code, else the number; wide ones in hexadecimal. */
const word = (field: Field, raw: number): string => {
  const value = decodeField(field, raw);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'string') return value;
  return fieldMax(field) > 255 ? hex(value, Math.ceil((field.hi - field.lo + 1) / 4)) : String(value);
};

const Poke = (props: { device: string; name: string; register: Register; level: number }): ReactElement => {
  const { device, name, register, level } = props;
  const digits = register.width / 4;
  const [typed, setTyped] = useState<string | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const box = useRef<HTMLInputElement>(null);
  const text = typed ?? hex(level, digits).slice(0, -1);
  const value = /^(0x)?[0-9a-f]+h?$/i.test(text.trim())
    ? Number.parseInt(text.trim().replace(/^0x/i, ''), 16)
    : Number.NaN;
  const wrong = !(value >= 0 && value < 2 ** register.width);
  return (
    <form
      className="poke"
      onSubmit={(event) => {
        event.preventDefault();
        box.current?.form?.querySelector('button')?.click();
      }}
    >
      <input
        ref={box}
        className="field"
        aria-label={`Value to poke into ${name}, hexadecimal`}
        aria-invalid={wrong}
        value={text}
        onChange={(event) => {
          setTyped(event.target.value);
          setRefused(null);
        }}
        spellCheck={false}
      />
      <CommandButton
        disabled={wrong}
        title="Sets the level as the silicon would, read-only fields too"
        command={() => api.poke(device, name, value)}
        onDone={() => setTyped(null)}
        onRefused={setRefused}
      >
        Poke
      </CommandButton>
      <CommandButton
        title="Reads over the bus with all side effects: latches re-arm, counters clear"
        command={() => api.busRead(device, name)}
        onDone={() => setRefused(null)}
        onRefused={setRefused}
      >
        Read on the bus
      </CommandButton>
      {typed !== null && !wrong && (
        <span className="dim">
          as the silicon would <Key>Enter</Key>
        </span>
      )}
      {wrong && <span className="bad">takes 0 to {hex(2 ** register.width - 1, digits)}</span>}
      {refused !== null && (
        <span className="refused" role="alert">
          {refused}
        </span>
      )}
    </form>
  );
};
