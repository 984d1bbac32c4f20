// The figures of a page as slides. Each figure itself is moved to the screen, and back to its
// place at the end, so what it shows there and here is the same.
"use strict";

const Slides = (() => {
  const HASH = /^#slides(?:=(.*))?$/;
  const figures = [...document.querySelectorAll("article figure.explorable")];
  const place = document.createComment(""); // where the figure on the screen belongs
  let now = -1; // which one that is

  const dialog = document.createElement("dialog");
  dialog.className = "slides";
  dialog.tabIndex = -1;
  dialog.setAttribute("aria-label", "Figures");
  dialog.innerHTML = `
    <div class="slides-bar">
      <p role="status"><strong></strong> <span></span></p>
      <button type="button" aria-label="Previous figure">‹</button>
      <button type="button" aria-label="Next figure">›</button>
      <button type="button" aria-label="Close">×</button>
    </div>`;
  const [title, count] = dialog.querySelector("p").children;
  const [previous, next, close] = dialog.querySelectorAll("button");
  document.body.append(dialog);

  function putBack() {
    const figure = figures[now];
    if (figure) place.replaceWith(figure);
    now = -1;
    return figure;
  }

  /** Put a figure on the screen; before the first and after the last there is none to put there. */
  function show(number) {
    const figure = figures[number];
    if (!figure || number === now) return;
    putBack();
    now = number;
    const heading = figure.closest("section")?.querySelector("h1, h2, h3, h4, h5, h6").cloneNode(true);
    heading?.querySelector(".headerlink")?.remove();
    title.replaceChildren(...(heading?.childNodes ?? []));
    count.textContent = `${number + 1} / ${figures.length}`;
    previous.setAttribute("aria-disabled", number === 0);
    next.setAttribute("aria-disabled", number === figures.length - 1);
    figure.replaceWith(place);
    dialog.append(figure);
    if (!document.activeElement.closest(".slides-bar")) dialog.focus(); // a slider has left with it
    history.replaceState(null, "", `#slides=${figure.id}`);
  }

  /** Open the slides at the figure with an id, or else at the one that is in view. */
  function open(id) {
    const named = figures.findIndex((figure) => figure.id === id);
    const seen = figures.findIndex((figure) => figure.getBoundingClientRect().bottom > 0);
    if (!dialog.open) dialog.showModal();
    dialog.focus();
    show(Math.max(named, id ? 0 : seen, 0));
    // Only a click may ask for the whole screen; without one the slides fill the window.
    if (navigator.userActivation?.isActive) document.documentElement.requestFullscreen?.().catch(() => {});
  }

  const KEYS = {
    PageDown: () => now + 1,
    PageUp: () => now - 1,
    ArrowRight: () => now + 1,
    ArrowLeft: () => now - 1,
    " ": ({ shiftKey }) => now + (shiftKey ? -1 : 1),
    Home: () => 0,
    End: () => figures.length - 1,
  };

  dialog.addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, altKey, metaKey } = event;
    if (key === "Escape") dialog.close(); // the theme takes this key away from the browser
    if (!(key in KEYS) || ctrlKey || altKey || metaKey) return;
    // A slider, a list and a button have their own use for these keys; none has for Page Down.
    const own = target.matches("input, select") || (key === " " && target.matches("button, a"));
    if (own && !key.startsWith("Page")) return;
    event.preventDefault();
    show(KEYS[key](event));
  });
  previous.addEventListener("click", () => show(now - 1));
  next.addEventListener("click", () => show(now + 1));
  close.addEventListener("click", () => dialog.close());

  dialog.addEventListener("close", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    const figure = putBack();
    history.replaceState(null, "", `#${figure.id}`);
    figure.tabIndex = -1;
    figure.focus({ preventScroll: true });
    figure.scrollIntoView();
  });
  // The key Escape leaves the full screen without telling the page about the key.
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement) dialog.close();
  });

  function follow() {
    const match = HASH.exec(location.hash);
    if (match) open(match[1]);
  }
  window.addEventListener("hashchange", follow);
  follow();
  return { open };
})();
