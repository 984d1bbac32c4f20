// Plays the figures that explorable stored: explorable/_encode.py describes their data.
(() => {
  "use strict";

  // Ways to read and to set the position of each kind of control.
  const KINDS = {
    range: [(input) => Number(input.value), (input, position) => (input.value = position)],
    checkbox: [(input) => Number(input.checked), (input, position) => (input.checked = position)],
    "select-one": [(input) => input.selectedIndex, (input, position) => (input.selectedIndex = position)],
    radiogroup: [
      (group) => radios(group).findIndex((input) => input.checked),
      (group, position) => (radios(group)[position].checked = true),
    ],
  };
  const radios = (group) => [...group.querySelectorAll("input")];

  // Markup of a later frame never runs: it is parsed in a document of its own, and what could
  // run once it is moved here is taken out.
  function inert(element, markup) {
    const copy = document.implementation.createHTMLDocument("").importNode(element, false);
    copy.innerHTML = markup;
    for (const node of copy.querySelectorAll("*")) {
      if (node.matches("script, iframe, object, embed, base, link, meta")) node.remove();
      for (const { name, value } of [...node.attributes])
        if (name.startsWith("on") || /^\s*javascript:/i.test(value)) node.removeAttribute(name);
    }
    return copy.childNodes;
  }

  function set(element, name, value) {
    if (name === "#text") element.textContent = value;
    else if (name === "#markup") element.replaceChildren(...inert(element, value));
    else if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }

  const minus = (text) => text?.replace(/^-/, "\u2212"); // a keyboard has no minus sign
  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // a lone % is a per cent
    }
  }

  function play(figure) {
    const { labels, groups } = JSON.parse(figure.querySelector(":scope > script").textContent);
    const frame = figure.querySelector(".explorable-frame");
    const elements = [frame, ...frame.querySelectorAll("*:not(.explorable-html *)")];
    const fieldset = figure.querySelector(".explorable-controls");
    const link = figure.querySelector(".explorable-tools a");

    const controls = Object.entries(labels).map(([name, texts]) => {
      const element = document.getElementById(`${figure.id}-${name}`);
      const [read, write] = KINDS[element.type || "radiogroup"];
      const output = fieldset.querySelector(`output[for="${element.id}"]`);
      return { name, texts, element, output, position: () => read(element), move: (to) => write(element, to) };
    });
    const start = controls.map((control) => control.position());
    const row = () => controls.reduce((row, { texts, position }) => row * texts.length + position(), 0);
    const shown = groups.map(([index]) => index[row()]);

    function show() {
      for (const { texts, element, output, position } of controls) {
        if (!output) continue;
        output.textContent = texts[position()];
        element.setAttribute("aria-valuetext", output.textContent);
      }
      const now = row();
      groups.forEach(([index, slots], group) => {
        if (index[now] === shown[group]) return;
        shown[group] = index[now];
        for (const slot of slots) set(elements[slot[0]], slot[1], slot[2 + index[now]]);
      });
    }

    // A page's address can carry a state: #fig-name?lr=0.17&step=12, each value as it is shown.
    function follow() {
      const [id, settings] = location.hash.slice(1).split("?");
      if (id !== figure.id || !settings) return;
      for (const setting of settings.split("&")) {
        const [name, text] = setting.split("=").map(decoded);
        const control = controls.find((control) => control.name === name);
        const position = control?.texts.findIndex((label) => [text, minus(text)].includes(label)) ?? -1;
        if (position >= 0) control.move(position);
      }
      show();
      figure.scrollIntoView();
    }

    function point() {
      const state = controls.map(({ name, texts, position }) => `${name}=${encodeURIComponent(texts[position()])}`);
      link.href = `#${figure.id}?${state.join("&")}`;
    }

    function reset() {
      controls.forEach((control, i) => control.move(start[i]));
      show();
    }

    for (const button of fieldset.querySelectorAll("[data-interval]")) startPlayer(button);
    fieldset.addEventListener("input", show);
    fieldset.querySelector("[type=reset]").addEventListener("click", reset);
    link.addEventListener("pointerenter", point);
    link.addEventListener("focus", point);
    window.addEventListener("hashchange", follow);
    fieldset.disabled = false;
    follow();

    function startPlayer(button) {
      const { element, texts, position, move } = controls.find((c) => c.element === button.nextElementSibling);
      const still = matchMedia("(prefers-reduced-motion: reduce)");
      let timer = null;
      const stop = () => {
        timer = clearInterval(timer);
        button.setAttribute("aria-pressed", false);
      };
      const tick = () => {
        const next = position() + 1;
        if (next === texts.length && !("repeat" in button.dataset)) return stop();
        move(next % texts.length);
        show();
      };
      button.addEventListener("click", () => {
        if (timer) return stop();
        if (position() === texts.length - 1) move(0);
        button.setAttribute("aria-pressed", true);
        timer = setInterval(tick, button.dataset.interval);
      });
      element.addEventListener("pointerdown", stop);
      const heed = () => (stop(), (button.disabled = still.matches));
      still.addEventListener("change", heed);
      heed();
    }
  }

  document.querySelectorAll("figure.explorable > script").forEach((data) => play(data.parentElement));
})();
