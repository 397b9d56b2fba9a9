// Has drawn what a reader comes to: presses the unseen button beside each place that is near.
(() => {
  const PART = 0.25;  // Which part of a place a reader must see: its edge alone shows nothing.
  const AGAIN = 2000;  // A run of the page may begin just as it is told, and miss it.
  const SOON = 100;
  const watched = new WeakMap();

  // Above the page nobody hears of it: an open menu would take it for a click beside it, and close.
  const unheard = (event) => event.stopPropagation();
  const press = (button) => {
    document.body.addEventListener("click", unheard);
    button.click();
    document.body.removeEventListener("click", unheard);
  };

  const tell = (place) => {
    clearTimeout(watched.get(place));
    if (!place.isConnected) return;
    const button = place.closest('[data-testid="stVerticalBlock"]')
      ?.querySelector(':scope > [class*="st-key-near_"] button');
    if (button) press(button);
    watched.set(place, setTimeout(tell, button ? AGAIN : SOON, place));
  };

  const watch = (place) => {
    if (watched.has(place)) return;
    watched.set(place, 0);
    const ahead = Number(place.dataset.ahead);
    new IntersectionObserver(
      (found) => {
        if (found.at(-1).isIntersecting) tell(place);
        else clearTimeout(watched.get(place));
      },
      {
        root: place.closest('[data-testid="stMain"]'),
        rootMargin: `${ahead}px 0px`,
        threshold: ahead ? 0 : PART,
      },
    ).observe(place);
  };

  const places = () => document.querySelectorAll(".waiting");
  new MutationObserver(() => places().forEach(watch)).observe(
    document, {childList: true, subtree: true});
  // Paper has no place to come to: who prints the page, and then again, has all of it.
  addEventListener("beforeprint", () => places().forEach(tell));
})();
