/** How a route is told in the OpenAPI document: by a name of its own, and with what has a default left to be left out. */
import type { SwaggerTransform } from '@fastify/swagger';

export const describeRoute: SwaggerTransform = ({ schema, url, route }) => {
  const { querystring, ...rest } = schema as typeof schema & { querystring?: Querystring };
  const operationId = `${String(route.method).toLowerCase()}${url.replace(/[^A-Za-z0-9]+(\w?)/g, (_, first: string) => first.toUpperCase())}`;
  if (querystring === undefined) return { schema: { ...rest, operationId }, url };
  const required = querystring.required?.filter((name) => querystring.properties[name]?.default === undefined);
  return { schema: { ...rest, operationId, querystring: { ...querystring, required } }, url };
};

interface Querystring {
  readonly properties: Readonly<Record<string, { readonly default?: unknown }>>;
  readonly required?: readonly string[];
}
