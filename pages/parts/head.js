// Where the server is. Streamlit asks beneath the page's own address first, hears that nothing is
// there, and waits before it asks a level higher: https://github.com/streamlit/streamlit/pull/11537
(() => {
  const base = document.currentScript.dataset.base;
  // A proxy may have put its own path before ours.
  const start = `${location.pathname}/`.lastIndexOf(`${base}/`);
  if (!base || start < 0) return;
  const address = location.origin + location.pathname.slice(0, start) + base;
  window.__streamlit = {BACKEND_BASE_URL: address, MAIN_PAGE_BASE_URL: address};
})();
