// Plays the figures that explorable stored: see explorable/_encode.py for the format.
(() => {
  "use strict";

  // Each control as its input event and the position that it has now.
  const READERS = {
    range: (input) => Number(input.value),
    checkbox: (input) => Number(input.checked),
    "select-one": (select) => select.selectedIndex,
  };

  function reader(control) {
    if (control.matches("[role=radiogroup]")) {
      const buttons = [...control.querySelectorAll("input")];
      return () => buttons.findIndex((button) => button.checked);
    }
    return () => READERS[control.type](control);
  }

  // Markup of a later frame never runs: it is parsed in a document of its own, and what could
  // run once it is moved here is taken out.
  function inert(element, markup) {
    const copy = document.implementation.createHTMLDocument("").importNode(element, false);
    copy.innerHTML = markup;
    for (const node of copy.querySelectorAll("*")) {
      if (node.localName === "script" || node.localName === "iframe") node.remove();
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

  function play(figure) {
    const { labels, groups } = JSON.parse(figure.querySelector(":scope > script").textContent);
    const frame = figure.querySelector(".explorable-frame");
    const elements = [frame, ...frame.querySelectorAll("*:not(.explorable-html *)")];
    const fieldset = figure.querySelector(".explorable-controls");
    const controls = [...fieldset.querySelectorAll("[type=range], [type=checkbox], select, [role=radiogroup]")];
    const positions = controls.map(reader);
    const at = () => positions.reduce((row, position, i) => row * labels[i].length + position(), 0);
    const shown = groups.map(([index]) => index[at()]);

    fieldset.addEventListener("input", () => {
      controls.forEach((control, i) => {
        if (control.type !== "range") return;
        const label = labels[i][positions[i]()];
        control.setAttribute("aria-valuetext", label);
        control.nextElementSibling.textContent = label;
      });
      const row = at();
      groups.forEach(([index, slots], group) => {
        if (index[row] === shown[group]) return;
        shown[group] = index[row];
        for (const [element, name, ...values] of slots) set(elements[element], name, values[index[row]]);
      });
    });
    fieldset.disabled = false;
  }

  document.querySelectorAll("figure.explorable > script").forEach((data) => play(data.parentElement));
})();
