// Express middleware that tells a collector of every request, as the SLO document has it.
//
//   app.use(require('./studio-slo')({ url: 'http://localhost:8501/collect/v1/events', token }));
//
// Nothing to install: Node 18 or newer. A request never waits for the collector.

const { randomUUID } = require('node:crypto');

module.exports = function studioSlo({ url, token, every = 1000, most = 10_000 }) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  let events = [];
  let batch = null; // what is being sent, under its own id until the collector has answered

  async function flush() {
    if (!batch && events.length) {
      batch = { id: randomUUID(), events };
      events = [];
    }
    if (!batch) return;
    const sending = batch;
    const now = Date.now();
    const body = JSON.stringify({
      batch_id: sending.id,
      events: sending.events.map(({ at, ...event }) => ({ ...event, age_ms: now - at })),
    });
    try {
      const { status } = await fetch(url, { method: 'POST', headers, body });
      // What is refused now would be refused again; what could not be taken comes again.
      if (status < 500 && status !== 429 && status !== 408 && batch === sending) batch = null;
    } catch {
      // The collector cannot be reached: the same batch comes again.
    }
  }

  setInterval(flush, every).unref();

  const middleware = (req, res, next) => {
    const start = performance.now();
    const endpoint = req.originalUrl.split('?')[0];
    res.on('finish', () => {
      if (events.length >= most) events.shift();
      events.push({
        event: 'studio_api_request',
        endpoint,
        method: req.method,
        status: res.statusCode,
        duration: performance.now() - start,
        success: res.statusCode < 500,
        at: Date.now(),
      });
    });
    next();
  };
  middleware.flush = flush; // await it before the process ends
  return middleware;
};
