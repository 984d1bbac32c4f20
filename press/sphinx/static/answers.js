// Predictions are answered on the page, as companion/check/_page.py has written them into it.
"use strict";

const Answers = (() => {
  const { remembered, remember, make } = Progress;

  // Numbers and hashes, as in companion/check/_numbers.py and _page.py ---------------------------

  const DECIMAL = "([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:e[+-]?[0-9]+)?)";
  const NUMBER = new RegExp(`^${DECIMAL}(?: */ *${DECIMAL})?$`, "i");

  function read(text) {
    const plain = text
      .replace(/\u2212/g, "-")
      .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
      .replace(/^[ \t\n\u00a0\u3000]+|[ \t\n\u00a0\u3000]+$/g, "");
    const match = NUMBER.exec(plain);
    const value = match ? Number(match[1]) / Number(match[2] ?? 1) : NaN;
    return Number.isFinite(value) ? value : null;
  }

  function keys(value) {
    const four = value.toExponential(3);
    const whole = Math.round(value);
    const room = 1e-6 * Math.max(Math.min(Math.abs(whole), 1e5), 1e-3);
    const near = Math.abs(value) < 1e15 && Math.abs(value - whole) <= room;
    return near ? [String(whole), four] : [four];
  }

  function shown(value) {
    if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
    const [digits, power] = value.toExponential(5).split("e");
    const plain = power >= -5 && power < 15;
    return plain ? String(Number(`${digits}e${power}`)) : `${Number(digits)}e${power}`;
  }

  function hashed(label, answer) {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(`${label} ${answer}`))
      value = Math.imul(value ^ byte, 0x01000193);
    return (value >>> 0).toString(16).padStart(8, "0");
  }

  /** Return what is said to an answer that any of some texts stands for; "" if it is right. */
  function reply({ label, replies, otherwise = "" }, texts) {
    for (const hash of texts.map((text) => hashed(label, text)))
      for (const [sentence, known] of Object.entries(replies))
        if (known.split(" ").includes(hash)) return sentence;
    return otherwise;
  }

  function say(check, solved, ...sentences) {
    check.style.borderLeftColor = solved ? "#008a64" : "#a87900";
    const headline = `<strong>${solved ? "Solved." : "Not solved yet."}</strong>`;
    check.innerHTML = [headline, ...sentences].join("<br>");
  }

  // The kinds of form. `get` returns the answer as [text to remember, texts that stand for it,
  // text to show], or a sentence why there is none; `put` takes a remembered text back. ----------

  const KINDS = {
    number({ unreadable }, fieldset) {
      const input = make("input", { autocomplete: "off", spellcheck: false });
      fieldset.append(make("label", {}, "A number: ", input));
      const get = () => {
        const value = read(input.value);
        return value === null ? unreadable : [input.value, keys(value), shown(value)];
      };
      return { get, put: (text) => (input.value = text) };
    },

    choice({ label, unreadable }, fieldset, list) {
      const radios = [...list.children].map((item) => {
        const line = item.querySelector(":scope > p") ?? item;
        const value = line.querySelector("strong").textContent;
        const radio = make("input", { type: "radio", name: label, value, autocomplete: "off" });
        line.append(make("label", {}, radio, " ", ...line.childNodes));
        return radio;
      });
      fieldset.append(list);
      const get = () => {
        const letter = radios.find((radio) => radio.checked)?.value;
        return letter ? [letter, [letter], letter] : unreadable;
      };
      return { get, put: (text) => radios.forEach((radio) => (radio.checked = radio.value === text)) };
    },

    order(form, fieldset, list, check) {
      const items = [...list.children];
      const move = (item, way) => {
        // The other line moves, so that the focus stays on the button.
        const [up, down] = [item.previousElementSibling, item.nextElementSibling];
        if (way === "up" && up) item.after(up);
        if (way === "down" && down) item.before(down);
        const place = [...list.children].indexOf(item) + 1;
        check.textContent = `Line ${item.value} is now in place ${place} of ${items.length}.`;
      };
      items.forEach((item, place) => {
        item.value = place + 1; // a line keeps its number
        const buttons = ["up", "down"].map((way) => {
          const button = make("button", { type: "button", onclick: () => move(item, way) });
          button.textContent = way === "up" ? "↑" : "↓";
          button.setAttribute("aria-label", `Move line ${item.value} ${way}`);
          return button;
        });
        (item.querySelector(":scope > p") ?? item).prepend(...buttons, " ");
      });
      fieldset.append(list);
      const get = () => {
        const order = [...list.children].map((item) => item.value);
        return [order.join(" "), [order.join(" ")], `[${order.join(", ")}]`];
      };
      const put = (text) => {
        const order = text.split(" ").map((number) => items[number - 1]);
        if (order.every(Boolean)) list.append(...order);
      };
      return { get, put };
    },
  };

  /** Put the form of a stored check in the place of the cells that a kernel would need. */
  function build(check) {
    const form = JSON.parse(check.dataset.form);
    const cell = check.closest(".cell");
    const stub = cell.previousElementSibling?.matches(".cell") ? cell.previousElementSibling : cell;
    const tag = { choice: "ul", order: "ol" }[form.kind];
    let place = stub; // or the list before it
    while (tag && place.localName !== tag) place = place.previousElementSibling;
    const fieldset = make("fieldset", {}, make("legend", {}, "Your answer"));
    const element = make("form", { className: `answer answer-${form.kind}` }, fieldset);
    place.before(element);
    const kind = KINDS[form.kind](form, fieldset, place, check);
    check.replaceChildren();
    check.setAttribute("role", "status");
    element.append(check);
    cell.hidden = stub.hidden = true;
    return { form, element, fieldset, check, ...kind };
  }

  /** Let a form say at once whether it is solved. */
  function ask({ form, element, fieldset, check, get, put }) {
    function answer() {
      const answered = get();
      if (typeof answered === "string") return say(check, false, answered);
      const [text, texts, said] = answered;
      const sentence = reply(form, texts);
      if (sentence) say(check, false, `${form.says} ${said}.`, sentence);
      else say(check, true);
      return { answer: text, ...(sentence ? {} : { solved: true }) };
    }
    fieldset.append(make("button", {}, "Check"));
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      const what = answer();
      if (what) remember(form.label, what);
    });
    const before = remembered(form.label).answer;
    if (typeof before === "string") {
      put(before);
      answer();
    }
  }

  const forms = [...document.querySelectorAll(".check[data-form]")].map(build);
  for (const built of forms) if (!built.form.later) ask(built);
  return { read, keys, shown, hashed, reply, say, forms };
})();
