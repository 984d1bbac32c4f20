// What a reader has solved: kept in this browser, sent nowhere, shown beside the exercises.
"use strict";

const Progress = (() => {
  const KEY = "autograd-in-motion";
  let memory = {};
  let kept = true; // false where the browser keeps nothing: then until the page is left

  /** Return what is remembered of an exercise: an object, empty at first. */
  function remembered(label) {
    try {
      if (kept) memory = JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {} // forbidden, or not from here
    return Object(memory[label]);
  }

  /** Remember more of an exercise. */
  function remember(label, what) {
    const before = remembered(label); // first: another tab may have changed the memory
    memory = { ...memory, [label]: { ...before, ...what } };
    try {
      localStorage.setItem(KEY, JSON.stringify(memory));
    } catch {
      kept = false;
    }
    show();
  }

  function forget() {
    if (!confirm("Forget all your answers to the exercises of this book?")) return;
    try {
      localStorage.removeItem(KEY);
    } catch {}
    location.reload();
  }

  /** Return a new element. */
  function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  const exercises = [...document.querySelectorAll(".exercise")].map((element) => {
    const title = element.querySelector(".admonition-title");
    const name = /\((.*)\)\s*$/.exec(title.textContent)?.[1] ?? title.textContent;
    const marks = [make("span", { className: "answer-mark" }), make("span", { className: "answer-mark" })];
    title.append(marks[0]);
    const link = make("li", {}, make("a", { href: `#${element.id}` }, name), marks[1]);
    return { label: element.id, element, marks, link };
  });
  const count = make("p", { className: "answer-count" });
  const sidebar = document.querySelector(".bd-sidebar-secondary .sidebar-secondary-item");
  // The links to pages of exercises that were open in this browser.
  const links = [...document.querySelectorAll(".bd-links a")].map((a) => {
    const mark = make("span", { className: "answer-page" });
    a.append(mark);
    return { mark, path: a.pathname };
  });

  /** Show what is solved, wherever the page says so. */
  function show() {
    const solved = (label) => Boolean(remembered(label).solved);
    const share = (labels) => `${labels.filter(solved).length} of ${labels.length}`;
    for (const { label, marks } of exercises)
      for (const mark of marks) mark.textContent = solved(label) ? " ✓ solved" : "";
    count.textContent = `${share(exercises.map(({ label }) => label))} solved`;
    for (const { mark, path } of links) {
      const labels = remembered(path).labels;
      mark.textContent = Array.isArray(labels) && labels.length ? ` ${share(labels)}` : "";
    }
  }

  if (exercises.length) {
    remember(location.pathname, { labels: exercises.map(({ label }) => label) });
    sidebar?.prepend(
      make(
        "div",
        { className: "answer-progress" },
        count,
        make("ul", {}, ...exercises.map(({ link }) => link)),
        make("button", { type: "button", onclick: forget }, "Forget my answers"),
        make("p", {}, "They are kept in this browser only.")
      )
    );
    addEventListener("storage", show); // another tab
  }

  // Code is checked in a notebook; here its writer says so.
  for (const { label, element } of exercises) {
    if (element.querySelector("[data-form]")) continue;
    const box = make("input", { type: "checkbox", autocomplete: "off" });
    box.checked = Boolean(remembered(label).solved);
    box.addEventListener("change", () => remember(label, { solved: box.checked }));
    [...element.querySelectorAll(".cell")].pop()?.after(
      make("label", { className: "answer-box" }, box, " I solved this, in a notebook")
    );
  }
  return { remembered, remember, make };
})();
