/** What requests may carry: the TypeBox schemas that several routes share. */
import { Type } from 'typebox';
import { NAME_PATTERN } from '../bench-spec.ts';

export const DeviceParam = Type.Object({
  device: Type.String({ pattern: NAME_PATTERN, description: 'Device name, as `phy0`' }),
});

export const RegisterParam = Type.Object({
  device: Type.String({ pattern: NAME_PATTERN, description: 'Device name, as `phy0`' }),
  register: Type.String({
    minLength: 1,
    maxLength: 64,
    description: 'Register as the datasheet prints it: `PCS_STAT1`, `3.0001h`, `3.1`',
  }),
});

/** Parameters of faults, controls and drivers: each declares its own and checks them. */
export const Settings = Type.Record(
  Type.String({ maxLength: 64 }),
  Type.Union([Type.String({ maxLength: 4096 }), Type.Number(), Type.Boolean()]),
  { maxProperties: 64, description: 'Values by name' },
);

export const since = (what: string) =>
  Type.Integer({ minimum: 0, default: 0, description: `Newest ${what} you have; you get what came after` });

/** Who a change made over HTTP is recorded under. */
export const REQUESTER = 'dashboard';
