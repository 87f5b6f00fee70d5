import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';
import { alive, type ReadinessCondition, readiness } from './probes.ts';
import { replyLines, replyText } from './reply.ts';

export interface AppOptions {
  readonly conditions: readonly ReadinessCondition[];
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What the API server and the kubelet see: `/validate`, `/livez`, `/readyz`. */
export function admissionApp(options: AppOptions, validate: RequestHandler): Express {
  const app = bareApp();
  app.route('/validate').post(validate).all(notAllowed(options.metrics, 'POST'));
  probes(app, options);
  finish(app, options, '/validate, /livez and /readyz');
  return app;
}

/** What the monitoring sees, on its own port without TLS: `/metrics`, `/livez`, `/readyz`. */
export function metricsApp(options: AppOptions): Express {
  const app = bareApp();
  const scrape: RequestHandler = async (_request, response) => {
    const text = await options.metrics.registry.metrics();
    response.writeHead(200, { 'Content-Type': options.metrics.registry.contentType });
    response.end(text);
  };
  app.route('/metrics').get(scrape).all(notAllowed(options.metrics, 'GET, HEAD'));
  probes(app, options);
  finish(app, options, '/metrics, /livez and /readyz');
  return app;
}

function bareApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('strict routing', true);
  app.set('case sensitive routing', true);
  return app;
}

function probes(app: Express, { conditions, metrics }: AppOptions): void {
  const notGet = notAllowed(metrics, 'GET, HEAD');
  app
    .route('/livez')
    .get((_request, response) => replyLines(response, alive.status, alive.lines))
    .all(notGet);
  app
    .route('/readyz')
    .get((request, response) => {
      const { status, lines } = readiness(conditions, asksVerbose(request.url));
      replyLines(response, status, lines);
    })
    .all(notGet);
}

function asksVerbose(url: string): boolean {
  const query = url.indexOf('?');
  return query >= 0 && new URLSearchParams(url.slice(query)).has('verbose');
}

function notAllowed(metrics: Metrics, allow: string): RequestHandler {
  return (_request, response) => {
    metrics.requestFailed('method');
    replyText(response, 405, `only ${allow} can be asked for here`, { Allow: allow });
  };
}

function finish(app: Express, { metrics, log }: AppOptions, served: string): void {
  app.use((_request, response) => {
    metrics.requestFailed('path');
    replyText(response, 404, `nothing is served here but ${served}`);
  });
  // Express knows an error handler by its four parameters.
  const failed: ErrorRequestHandler = (error, _request, response, _next) => {
    metrics.requestFailed('internal');
    log.error({ err: error }, 'internal error');
    replyText(response, 500, 'internal error; the log of the webhook has the details');
  };
  app.use(failed);
}
