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
