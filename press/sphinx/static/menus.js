// Opens the menus at the top of a page. The theme brings Bootstrap for them, 81 kB, which took a
// slow phone a tenth of a second before it could answer: see press/sphinx/_light.py.
"use strict";

for (const button of document.querySelectorAll('[data-bs-toggle="dropdown"]')) {
  const menu = button.parentElement;
  const list = button.nextElementSibling;
  const show = (open) => {
    list.classList.toggle("show", open);
    button.setAttribute("aria-expanded", open);
  };
  button.addEventListener("click", () => show(!list.classList.contains("show")));
  document.addEventListener("click", ({target}) => menu.contains(target) || show(false));
  menu.addEventListener("focusout", ({relatedTarget}) => {
    if (relatedTarget && !menu.contains(relatedTarget)) show(false);
  });
  menu.addEventListener("keydown", (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (event.key === "Escape") {
      show(false);
      button.focus();
    } else if (step) {
      event.preventDefault();
      show(true);
      const items = [button, ...list.querySelectorAll("a, button")];
      items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
    }
  });
}
for (const element of document.querySelectorAll("[data-bs-title]"))
  element.title = element.dataset.bsTitle;
