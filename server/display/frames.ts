/** The live picture: Socket.IO namespace of the viewers of displays, one message under way to each. */
import type { Namespace } from 'socket.io';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { asLabError } from '#bus/errors.ts';
import { FRAME_SCALES, type FramesAuth, type FramesEvents } from '#bus/frame-wire.ts';
import type { LabContext } from '../context.ts';
import { hasToken } from '../guard.ts';
import { displayOf } from './display-of.ts';
import { Rounds } from './rounds.ts';
import { Viewer } from './viewer.ts';

export type FramesNamespace = Namespace<Record<never, never>, FramesEvents>;

/** Each may have a message of some megabytes under way. */
const VIEWER_LIMIT = 16;

/** Serves viewers from now on; who may come at all is for the HTTP side to say. */
export const serveFrames = (viewers: FramesNamespace, lab: LabContext): void => {
  const rounds = new Rounds();
  viewers.use((socket, next) => {
    const { auth } = socket.handshake;
    try {
      if (!Value.Check(AuthSchema, auth)) return next(new Error(`EINVAL: auth takes ${AUTH_WORDS}`));
      if (!hasToken(socket.handshake.headers, lab.guard, auth.token))
        return next(new Error('EACCES: this lab asks for its token'));
      displayOf(lab.bench, auth.device);
    } catch (error) {
      const { code, message } = asLabError(error);
      return next(new Error(`${code}: ${message}`));
    }
    next(rounds.size < VIEWER_LIMIT ? undefined : new Error(`EBUSY: ${VIEWER_LIMIT} viewers watch already`));
  });
  viewers.on('connection', (socket) => {
    const { device, scale = 1, maxHz } = socket.handshake.auth as FramesAuth; // checked on the way in
    const viewer = new Viewer({
      scale,
      maxHz,
      display: () => displayOf(lab.bench, device),
      labTime: () => lab.clock.now(),
      send: (message, shown) => socket.emit('frame', message, shown),
    });
    const leave = rounds.join(viewer, (error) => {
      socket.emit('gone', asLabError(error).message);
      socket.disconnect(true);
    });
    socket.on('disconnect', leave);
  });
};

const AUTH_WORDS = `{ token?, device, scale?: ${FRAME_SCALES.join(' | ')}, maxHz?: 1 to 240 }`;

const AuthSchema = Type.Object({
  token: Type.Optional(Type.String({ maxLength: 512 })),
  device: Type.String({ maxLength: 23 }),
  scale: Type.Optional(Type.Enum([...FRAME_SCALES])),
  maxHz: Type.Optional(Type.Number({ minimum: 1, maximum: 240 })),
});
