// Closes an open menu of a page's head when the reader goes elsewhere.
"use strict";

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
