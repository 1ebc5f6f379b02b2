/** The lab over HTTP: one plugin per capability, one guard and one error form in front of all. */
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from 'fastify';
import { API } from '#bus/api.ts';
import { asLabError } from '#bus/errors.ts';
import { attributesApi } from './api/attributes.ts';
import { breakpointsApi } from './api/breakpoints.ts';
import { serveDashboard } from './api/dashboard.ts';
import { devicesApi } from './api/devices.ts';
import { diskApi } from './api/disk.ts';
import { displayApi } from './api/display.ts';
import { filtersApi } from './api/filters.ts';
import { healthApi } from './api/health.ts';
import { labApi } from './api/lab.ts';
import { logApi } from './api/log.ts';
import { microApi } from './api/micro.ts';
import { modulesApi } from './api/modules.ts';
import { recordingApi } from './api/recording.ts';
import { registersApi } from './api/registers.ts';
import { runsApi } from './api/runs.ts';
import { snapshotApi } from './api/snapshot.ts';
import { timeApi } from './api/time.ts';
import { traceApi } from './api/trace.ts';
import type { LabContext } from './context.ts';
import { checkOrigin, hasToken, tokenCookie } from './guard.ts';
import type { Metrics } from './metrics.ts';
import { describeRoute } from './openapi.ts';
import { onError, ProblemSchema, refuseBytes, sendProblem } from './problem.ts';
import { validator } from './validator.ts';

const BODY_LIMIT = 64 * 1024;
/** A reader that takes nothing for this long is let go; loading a driver may take half of it. */
const UNREAD_MS = 60_000;
const CONNECTIONS = 512;

export interface HttpOptions {
  readonly lab: LabContext;
  readonly metrics: Metrics;
  readonly logger: FastifyBaseLogger;
}

/** Ready to listen, or to be asked by `inject`. */
export const buildHttp = async ({ lab, metrics, logger }: HttpOptions): Promise<FastifyInstance> => {
  const root = Fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    connectionTimeout: UNREAD_MS,
    frameworkErrors: (error, _request, reply) =>
      sendProblem(reply as FastifyReply, error.statusCode ?? 400, 'EINVAL', error.message),
    clientErrorHandler: refuseBytes,
    routerOptions: { maxParamLength: 128 },
  });
  root.server.maxConnections = CONNECTIONS;
  root.setValidatorCompiler(validator);
  // what answers look like is described, not enforced on the way out
  root.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  root.setErrorHandler(onError);
  root.addHook('onRoute', (route) => {
    const response = route.schema?.response ?? {};
    route.schema = { ...route.schema, response: { ...response, '4xx': PROBLEM, '5xx': PROBLEM } };
  });
  guard(root, lab);
  await root.register(helmet, HEADERS);
  await root.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Ferrolab',
        version: lab.view().version,
        description:
          'Everything the dashboard and the command line can do. Errors are RFC 9457 problems with an errno name.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }, {}],
    },
    transform: describeRoute,
  });
  await root.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: false });
  for (const part of [
    labApi,
    devicesApi,
    attributesApi,
    diskApi,
    displayApi,
    registersApi,
    microApi,
    modulesApi,
    logApi,
    traceApi,
    filtersApi,
    breakpointsApi,
    recordingApi,
    runsApi,
    snapshotApi,
    timeApi,
  ])
    await root.register(part(lab), { prefix: API });
  await root.register(healthApi(lab, metrics));
  await serveDashboard(root, lab.webRoot);
  return root;
};

const PROBLEM = { description: 'What is wrong', content: { 'application/problem+json': { schema: ProblemSchema } } };

const HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      fontSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      workerSrc: ["'self'", 'blob:'],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  // the lab speaks plain HTTP on this machine; a proxy in front of it sets its own
  strictTransportSecurity: false,
  crossOriginResourcePolicy: { policy: 'same-origin' },
} as const;

/** Pages of other origins are refused; where a token is set, it is asked for, once in the address, then as a cookie. */
const guard = (app: FastifyInstance, lab: LabContext): void => {
  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const navigation = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate';
    try {
      checkOrigin(request.headers, lab.guard, navigation);
    } catch (error) {
      return sendProblem(reply, 403, 'EACCES', asLabError(error).message);
    }
    if (path === '/healthz') return;
    const { token: given, ...rest } = request.query as Record<string, string>;
    if (!hasToken(request.headers, lab.guard, given)) {
      reply.header('www-authenticate', 'Bearer');
      return sendProblem(reply, 401, 'EACCES', 'this lab asks for its token: Authorization: Bearer, or open /?token=…');
    }
    if (
      typeof given === 'string' &&
      lab.guard.token !== undefined &&
      request.method === 'GET' &&
      !path.startsWith('/api/')
    ) {
      const query = new URLSearchParams(rest).toString();
      return reply
        .header('set-cookie', tokenCookie(lab.guard.token))
        .redirect(query === '' ? path : `${path}?${query}`, 303);
    }
  });
};
