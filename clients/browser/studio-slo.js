// Tells a collector how journeys and pages do; each event counts once.
(() => {
  const { url, token } = document.currentScript.dataset;
  const to = token ? `${url}?token=${token}` : url, now = Date.now;
  let kept = {}, events = [], timer, again;
  try { kept = localStorage; } catch {}

  const body = (key, list) => JSON.stringify({
    batch_id: key,
    events: list.map(({ t, ...e }) => ({ ...e, age_ms: Math.max(0, now() - t) })),
  });
  const post = (key, list) =>
    fetch(to, { method: 'POST', body: body(key, list), keepalive: true }).then(({ status }) => {
      if ([408, 429].includes(status) || status > 499) throw status;
      delete kept[key];
    }).catch(() => { again ||= setTimeout(retry, 3e4); });
  const retry = () => {
    again = clearTimeout(again);
    for (const key of Object.keys(kept)) {
      if (!key.startsWith('slo:')) continue;
      const list = JSON.parse(kept[key]);
      if (now() - list[0].t < 8e7) post(key, list);
      else delete kept[key];
    }
  };
  const flush = (leaving) => {
    timer = clearTimeout(timer);
    if (!events[0]) return;
    const key = `slo:${now()}-${Math.random()}`, list = events;
    events = [];
    try { kept[key] = JSON.stringify(list); } catch {}
    if (!leaving || !navigator.sendBeacon(to, body(key, list))) post(key, list);
  };
  const add = (event) => {
    events.push({ ...event, t: now() });
    if (events[99]) flush();
    else timer ||= setTimeout(flush, 3e3);
  };
  const track = (event, fields) => add({ event, ...fields });

  const start = (journey, edge = 'start') => performance.mark(`studio_${journey}_${edge}`);
  const end = (journey, fields) => {
    start(journey, 'end');
    const name = 'studio_' + journey;
    const { duration } = performance.measure(name, name + '_start', name + '_end');
    track('studio_performance_metric', { journey, duration, success: true, ...fields });
  };

  const vitals = {};
  const watch = (type, each) =>
    new PerformanceObserver((found) => found.getEntries().forEach(each))
      .observe({ type, buffered: true });
  let told, shift, first = -9e3, last = 0;
  watch('paint', (e) => { if (/content/.test(e.name)) vitals.FCP = e.startTime; });
  watch('largest-contentful-paint', (e) => { vitals.LCP = e.startTime; });
  watch('first-input', (e) => { vitals.FID = e.processingStart - e.startTime; });
  watch('layout-shift', ({ startTime: at, value, hadRecentInput }) => {
    if (hadRecentInput) return;
    if (at - last > 1e3 || at - first > 5e3) [shift, first] = [0, at];
    last = at;
    vitals.CLS = Math.max(vitals.CLS || 0, shift += value);
  });
  addEventListener('visibilitychange', () => {
    if (document.visibilityState != 'hidden') return;
    if (vitals.LCP && !told) {
      told = true;
      vitals.CLS ||= 0;
      for (const name in vitals) add({ name, value: vitals[name] });
    }
    flush(true);
  });
  addEventListener('online', retry);
  retry();
  window.studioSlo = { start, end, track, flush };
})();
