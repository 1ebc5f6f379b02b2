/** Errors as HTTP tells them: RFC 9457 problem details with the errno name as `code`. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type ErrnoName, LabError } from '#bus/errors.ts';

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Errno name' }),
  },
  { description: 'RFC 9457 problem details', additionalProperties: true },
);

/** The status of each errno. */
export const STATUS: Readonly<Record<ErrnoName, number>> = {
  EPERM: 403,
  ENOENT: 404,
  EIO: 502,
  ENXIO: 409,
  E2BIG: 413,
  EAGAIN: 503,
  ENOMEM: 507,
  EACCES: 403,
  EBUSY: 409,
  EFAULT: 409,
  EEXIST: 409,
  ENODEV: 409,
  EINVAL: 400,
  ENOSYS: 501,
  ENOSPC: 507,
  EFBIG: 413,
  ERANGE: 400,
  EPROTO: 400,
  EOVERFLOW: 400,
  EMSGSIZE: 413,
  EOPNOTSUPP: 405,
  EADDRINUSE: 409,
  ETIMEDOUT: 504,
  ESTALE: 409,
  ECANCELED: 409,
};

const problem = (status: number, code: ErrnoName, detail: string) => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  code,
});

/** Sends one problem. */
export const sendProblem = (reply: FastifyReply, status: number, code: ErrnoName, detail: string): FastifyReply =>
  reply
    .code(status)
    .type('application/problem+json')
    .send(problem(status, code, detail));

/** Answers bytes that are no HTTP request, and hangs up. */
export const refuseBytes = (error: Error & { code?: string }, socket: Socket): void => {
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const body = JSON.stringify(problem(status, 'EPROTO', `this is no HTTP request: ${error.message}`));
  if (socket.writable && error.code !== 'ECONNRESET')
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  socket.destroySoon();
};

/** Anything thrown in a route becomes a problem; what we did not expect is logged and told as EIO. */
export const onError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const known = labErrorOf(error);
  if (known !== undefined) return sendProblem(reply, STATUS[known.code], known.code, known.message);
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    request.log.error({ err: error }, 'request failed');
    return sendProblem(reply, 500, 'EIO', 'the lab failed here; its log says where');
  }
  return sendProblem(reply, status, CODES[status] ?? 'EINVAL', error.message);
};

const CODES: Readonly<Record<number, ErrnoName>> = { 404: 'ENOENT', 413: 'EMSGSIZE', 415: 'EPROTO' };

/** Codecs and parameter declarations refuse with RangeErrors; those of Fastify bring a status of their own. */
const labErrorOf = (error: Error): LabError | undefined => {
  if (error instanceof LabError) return error;
  return error instanceof RangeError && !('statusCode' in error) ? new LabError('EINVAL', error.message) : undefined;
};
