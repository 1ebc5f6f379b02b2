/** What answers carry, for the OpenAPI document: the JSON that `bus/api.ts` types, as schemas. */
import { Type } from 'typebox';
import {
  type CatalogueView,
  type DeviceView,
  type DriverInfo,
  type LabView,
  LOG_LEVELS,
  type LogLine,
  type ModuleView,
  type RegisterView,
  type RunView,
  type ScenarioView,
  VERDICTS,
} from '#bus/api.ts';
import { BLOCK_STATUSES } from '#bus/block.ts';
import type { ActiveFault } from '#bus/device.ts';
import { TRACE_OPS, TRACE_OUTCOMES, type TraceNames } from '#bus/trace.ts';
import type { AttributeView } from '#regmap/attributes.ts';

const text = Type.String();
const whole = Type.Integer();
const count = Type.Integer({ minimum: 0 });
const orNull = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);
const object = <T extends Type.TProperties>(properties: T, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) });
const open = (description: string) => Type.Record(text, Type.Unknown(), { description });

export const list = <T>(of: Type.TUnsafe<T>) => Type.Unsafe<readonly T[]>(Type.Array(of));

const Link = orNull(Type.Enum(['up', 'down']));
const Nanoseconds = Type.Integer({ description: 'Nanoseconds since the lab began' });

export const Lab = Type.Unsafe<LabView>(
  object({
    name: text,
    version: text,
    session: text,
    clock: Type.Enum(['real', 'virtual']),
    now: Nanoseconds,
    startedAt: text,
    seed: count,
    broker: object({ url: text, embedded: Type.Boolean(), connected: Type.Boolean() }),
    http: text,
    nbd: Type.Optional(orNull(object({ host: orNull(text), port: orNull(count), unix: orNull(text) }))),
    vnc: Type.Optional(Type.Array(object({ device: text, host: text, port: count }))),
    capture: object({ captured: count, kept: count, first: count }),
  }),
);

const Fault = Type.Unsafe<ActiveFault>(object({ name: text, params: open('Its parameters'), since: Nanoseconds }));
export const ActiveFaults = list(Fault);

export const Device = Type.Unsafe<DeviceView>(
  object({
    name: text,
    lab: text,
    remote: Type.Boolean({ description: 'Of another lab on the same broker' }),
    kind: text,
    ports: Type.Array(text),
    datasheet: text,
    session: text,
    lamp: Type.Enum(['ok', 'wait', 'fault', 'off']),
    link: Link,
    linkSince: Nanoseconds,
    owner: orNull(
      object({ client: text, module: text, pid: orNull(whole), leaseMs: count, leaseOfMs: count, link: Link }),
    ),
    faults: ActiveFaults,
    panel: Type.Unknown({ description: 'What the panel of this kind of device shows' }),
  }),
);

const Params = Type.Record(text, open('Kind, default, limits and meaning of a parameter'));
const Actions = Type.Record(text, object({ label: text, doc: text, params: Params, source: text }));
export const Catalogue = Type.Unsafe<CatalogueView>(object({ faults: Actions, controls: Actions }));

const register = { name: text, at: count, address: text, level: count, next: count, text };
export const Register = Type.Unsafe<RegisterView>(
  object(register, 'Level, what the next bus read returns, and that in words'),
);
export const RegisterRead = Type.Unsafe<RegisterView & { readonly value: number; readonly driven: boolean }>(
  object({ ...register, value: count, driven: Type.Boolean() }),
);
export const Memory = object({ at: count, values: Type.Array(count) });

const Attribute = Type.Unsafe<AttributeView>(
  object({
    name: text,
    value: orNull(text),
    default: text,
    type: text,
    unit: text,
    range: text,
    access: Type.Enum(['rw', 'ro', 'wo']),
    live: Type.Boolean({ description: 'May be written while the device is powered' }),
    writable: Type.Boolean({ description: 'A write would be let in now' }),
    reason: text,
    module: orNull(text),
    doc: text,
    source: text,
  }),
);
export const Attributes = list(Attribute);

export const DiskRequests = object({
  submitted: Type.Record(text, count, { description: 'By operation' }),
  completed: count,
  failed: count,
  refused: Type.Integer({ minimum: 0, description: 'Broke a rule of the port' }),
  unclaimed: Type.Integer({ minimum: 0, description: 'Answers nobody waited for' }),
  inFlight: count,
  recorded: Type.Integer({ minimum: 0, description: 'Requests the trace has rows of' }),
  traceEvery: Type.Integer({ minimum: 1, description: 'One request in so many is recorded' }),
});

export const DiskResult = object({
  status: Type.Enum([...BLOCK_STATUSES]),
  sector: Type.Optional(count),
  data: Type.Optional(Type.String({ description: 'What was read, base64' })),
  differsAt: Type.Optional(
    Type.Integer({ minimum: -1, description: 'First byte that is not the pattern; -1 when all are' }),
  ),
  ms: Type.Number(),
});

export const Driver = Type.Unsafe<DriverInfo>(
  object({
    name: text,
    description: text,
    author: text,
    license: text,
    version: text,
    drives: Type.Array(text),
    firmware: Type.Array(text),
    params: Params,
  }),
);

export const Module = Type.Unsafe<ModuleView>(
  object({
    client: text,
    session: text,
    module: text,
    device: text,
    params: open('As given or as settled'),
    pid: orNull(whole),
    state: Type.Enum(['loading', 'probing', 'live', 'failed', 'waiting', 'gone']),
    error: orNull(object({ code: text, message: text })),
    link: Link,
    since: text,
  }),
);

export const Line = Type.Unsafe<LogLine>(
  object({ seq: count, time: Nanoseconds, level: Type.Enum([...LOG_LEVELS]), facility: text, text }),
);

export const Names = Type.Unsafe<TraceNames>(
  object({ devices: Type.Array(text), requesters: Type.Array(text), texts: Type.Array(text) }),
);
export const TracePage = Type.Unsafe<unknown>(
  object({
    captured: count,
    first: count,
    gap: count,
    next: count,
    records: Type.Array(
      object({
        seq: count,
        time: Nanoseconds,
        device: text,
        requester: text,
        op: Type.Enum([...TRACE_OPS]),
        outcome: Type.Enum([...TRACE_OUTCOMES]),
        at: Type.Optional(count),
        address: Type.Optional(text),
        register: Type.Optional(orNull(text)),
        value: Type.Optional(count),
        old: Type.Optional(count),
        decoded: Type.Optional(text),
        wireNs: Type.Optional(count),
        latencyNs: Type.Optional(count),
        text: Type.Optional(text),
      }),
    ),
  }),
);

const StepKind = Type.Enum(['action', 'fault', 'expect']);
const Verdict = orNull(Type.Enum([...VERDICTS]));
const Milliseconds = orNull(Type.Number());
export const Scenario = Type.Unsafe<ScenarioView>(
  object({
    name: text,
    title: text,
    teaches: text,
    tags: Type.Array(text),
    devices: Type.Array(text),
    yaml: text,
    score: Type.Array(object({ kind: StepKind, atMs: Milliseconds, untilMs: Milliseconds })),
    lastVerdict: Verdict,
  }),
);

export const Run = Type.Unsafe<RunView>(
  object({
    run: count,
    scenario: text,
    title: text,
    mode: Type.Enum(['virtual', 'live']),
    seed: count,
    state: Type.Enum(['running', 'done']),
    verdict: Verdict,
    reason: orNull(text),
    evidence: Type.Optional(orNull(object({ seq: count, text }))),
    startedAt: text,
    traceHash: orNull(text),
    accesses: count,
    virtualMs: Type.Number(),
    wallMs: Type.Number(),
    findings: Type.Array(text),
    steps: Type.Array(
      object({
        index: count,
        title: text,
        detail: text,
        kind: StepKind,
        state: Type.Enum(['waiting', 'running', 'done', 'failed', 'skipped']),
        endedAt: orNull(Type.Number()),
        firstSeq: orNull(count),
        lastSeq: orNull(count),
        expected: orNull(text),
        found: orNull(text),
      }),
    ),
    teaches: text,
  }),
);

export const Health = Type.Unsafe<unknown>(object({ status: text, lab: text, session: text }));

/** An answer that is no JSON. */
export const bytes = (mediaType: string, description: string) => ({
  description,
  content: { [mediaType]: { schema: Type.Unknown() } },
});
