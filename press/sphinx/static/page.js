// Lets the Tab key stop at what scrolls inside the page, so that the arrow keys scroll it. An observer
// is asked when the browser has measured anyway.
"use strict";

{
  const scrolling = "pre, div.table-wrapper, div.formula, .cell_output > .output";
  const sizes = new ResizeObserver((entries) => {
    const scrolls = entries.map(
      ({target: t}) => t.scrollWidth > t.clientWidth || t.scrollHeight > t.clientHeight
    );
    entries.forEach(({target}, place) => {
      if (scrolls[place]) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    });
  });
  const observe = (root) => root.querySelectorAll(scrolling).forEach((each) => sizes.observe(each));
  const main = document.querySelector("article");
  observe(main);
  new MutationObserver((changes) => {
    for (const {addedNodes} of changes)
      for (const node of addedNodes) if (node.parentElement) observe(node.parentElement);
  }).observe(main, {childList: true, subtree: true});
}

// Closes an open menu of a page's head when the reader goes elsewhere.
for (const menu of document.querySelectorAll("details.menu")) {
  const close = () => (menu.open = false);
  document.addEventListener("click", ({target}) => menu.contains(target) || close());
  menu.addEventListener("focusout", ({relatedTarget: next}) => next && !menu.contains(next) && close());
  menu.addEventListener("keydown", ({key}) => {
    if (key === "Escape" && menu.open) {
      close();
      menu.querySelector("summary").focus();
    }
  });
}

// Goes on from the old address of a section or figure that is on another page now, settings and all.
{
  const [id, settings] = location.hash.slice(1).split("?");
  const link = id && document.querySelector(`.moved[id="${CSS.escape(id)}"] a`);
  if (link) location.replace(link.href + (settings ? `?${settings}` : ""));
}

// Shows what a word of the glossary means, beside the word: see press/sphinx/_glossary.py.
{
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
}
