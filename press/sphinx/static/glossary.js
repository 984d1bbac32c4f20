// Shows what a word of the glossary means, beside the word: see press/sphinx/_glossary.py.
"use strict";

(() => {
  const card = document.createElement("div");
  card.id = "glossary-card";
  card.role = "tooltip";
  card.hidden = true;
  document.querySelector("article").append(card);
  let word = null; // the link whose meaning is shown
  let soon = 0;

  const hide = () => {
    clearTimeout(soon);
    word?.removeAttribute("aria-describedby");
    word = null;
    card.hidden = true;
  };
  const show = (link) => {
    hide();
    word = link;
    const meaning = document.getElementById(`meaning-of-${decodeURIComponent(link.hash.slice(1))}`);
    card.replaceChildren(meaning.content.cloneNode(true));
    card.hidden = false;
    link.setAttribute("aria-describedby", card.id);
    place();
  };
  const place = () => {
    const line = word.getClientRects()[0]; // a link may be broken over two lines
    const {width, height} = card.getBoundingClientRect();
    const room = document.documentElement.clientWidth - width - 16;
    card.style.left = `${Math.max(16, Math.min(line.left, room))}px`;
    card.style.top = `${line.bottom + height < innerHeight ? line.bottom : line.top - height}px`;
  };
  // A moment's delay: who only passes by sees nothing, and who goes to the card still finds it.
  const later = (action, ...link) => {
    clearTimeout(soon);
    soon = setTimeout(action, 200, ...link);
  };

  for (const link of document.querySelectorAll("a.glossary-word")) {
    link.addEventListener("pointerenter", ({pointerType}) => {
      if (pointerType === "mouse" && link !== word) later(show, link);
    });
    link.addEventListener("pointerleave", () => later(hide));
    link.addEventListener("focus", () => link.matches(":focus-visible") && show(link));
    link.addEventListener("blur", hide);
    link.addEventListener("click", (event) => {
      if (event.pointerType !== "touch" || link === word) return;
      event.preventDefault(); // a finger cannot hover: the first tap shows, the second follows
      show(link);
    });
  }
  card.addEventListener("pointerenter", () => clearTimeout(soon));
  card.addEventListener("pointerleave", () => later(hide));
  // A word that has the focus was scrolled to, and keeps its card.
  addEventListener("scroll", () => (word && word === document.activeElement ? place() : hide()), {passive: true});
  addEventListener("keydown", ({key}) => key === "Escape" && hide());
  addEventListener("pointerdown", ({target}) => target.closest("#glossary-card, .glossary-word") || hide());
})();
