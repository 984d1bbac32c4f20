// Questions are answered on the page, as companion/check/_page.py has written them, and what a
// reader has solved is kept in this browser alone. The forms are made by press/sphinx/_answers.py.
"use strict";

const Answers = (() => {
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

  function hashed(name, answer) {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(`${name} ${answer}`))
      value = Math.imul(value ^ byte, 0x01000193);
    return (value >>> 0).toString(16).padStart(8, "0");
  }

  /** Return what is said to an answer that any of some texts stands for; "" if it is right. */
  function reply({ name, replies, otherwise = "" }, texts) {
    for (const hash of texts.map((text) => hashed(name, text)))
      for (const [sentence, known] of Object.entries(replies))
        if (known.split(" ").includes(hash)) return sentence;
    return otherwise;
  }

  // What is kept ----------------------------------------------------------------------------------

  const KEY = "autograd-in-motion";
  const FORGOTTEN = `${KEY}-forgotten`;
  let memory = {};
  let kept = true; // false where the browser keeps nothing: then until the page is left

  function load() {
    try {
      if (kept) memory = Object(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
    } catch {
      kept = false;
    }
    return memory;
  }

  function store(all) {
    memory = all;
    try {
      localStorage.setItem(KEY, JSON.stringify(all));
    } catch {
      kept = false;
    }
    show();
  }

  /** Return what is kept of an exercise: an object, empty at first. */
  const remembered = (name) => Object(load()[name]);
  const remember = (name, what) => store({ ...load(), [name]: { ...remembered(name), ...what } });

  /** Move all answers to where they can be brought back from, or bring them back. */
  function forget() {
    if (!confirm("Forget all your answers to the questions of this book?")) return;
    move(KEY, FORGOTTEN);
  }
  function move(from, to) {
    try {
      localStorage.setItem(to, localStorage.getItem(from));
      localStorage.removeItem(from);
      location.reload();
    } catch {
      location.reload(); // nothing was kept
    }
  }
  function forgotten() {
    try {
      return localStorage.getItem(FORGOTTEN) !== null;
    } catch {
      return false;
    }
  }

  function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  // The kinds of form. `get` returns the answer as [text to keep, texts that stand for it, text to
  // show], or a sentence why there is none; `put` takes a kept text back. --------------------------

  const KINDS = {
    number({ unreadable }, form) {
      const input = form.querySelector("input");
      const get = () => {
        const value = read(input.value);
        return value === null ? unreadable : [input.value, keys(value), shown(value)];
      };
      return { get, put: (text) => (input.value = text) };
    },

    choice({ unreadable }, form) {
      const radios = [...form.querySelectorAll("input")];
      const get = () => {
        const letter = radios.find((radio) => radio.checked)?.value;
        return letter ? [letter, [letter], letter] : unreadable;
      };
      return { get, put: (text) => radios.forEach((radio) => (radio.checked = radio.value === text)) };
    },

    order(question, form, status) {
      const list = form.querySelector("ol");
      const items = [...list.children];
      const shift = (item, way) => {
        // The other line moves, so that the focus stays on the button.
        const [up, down] = [item.previousElementSibling, item.nextElementSibling];
        if (way === "up" && up) item.after(up);
        if (way === "down" && down) item.before(down);
        const place = [...list.children].indexOf(item) + 1;
        status.textContent = `Line ${item.value} is now in place ${place} of ${items.length}.`;
        status.removeAttribute("data-solved");
      };
      items.forEach((item) => {
        const [up, down] = item.querySelectorAll("button");
        up.addEventListener("click", () => shift(item, "up"));
        down.addEventListener("click", () => shift(item, "down"));
      });
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

  function say(status, solved, ...sentences) {
    status.dataset.solved = solved;
    const headline = `<strong>${solved ? "Solved." : "Not solved yet."}</strong>`;
    status.innerHTML = [headline, ...sentences].join("<br>");
  }

  function build(form) {
    const question = JSON.parse(form.querySelector("script").textContent);
    const status = form.querySelector("[role=status]");
    const built = { question, form, status, ...KINDS[question.kind](question, form, status) };
    form.addEventListener("submit", (event) => event.preventDefault());
    if (!question.later) ask(built);
    return built;
  }

  /** Let a form say at once whether it is solved. */
  function ask({ question, form, status, get, put }) {
    function answer() {
      const answered = get();
      if (typeof answered === "string") return say(status, false, answered);
      const [text, texts, said] = answered;
      const sentence = reply(question, texts);
      if (sentence) say(status, false, `${question.says} ${said}.`, sentence);
      else say(status, true);
      return { answer: text, solved: !sentence };
    }
    form.addEventListener("submit", () => {
      const what = answer();
      // What is solved stays solved, with the answer that solved it.
      if (what && (what.solved || !remembered(question.name).solved)) remember(question.name, what);
    });
    form.addEventListener("input", () => {
      status.replaceChildren();
      status.removeAttribute("data-solved");
    });
    const before = remembered(question.name).answer;
    if (typeof before === "string") {
      put(before);
      answer();
    }
  }

  /** Do something for each element; one that fails says so, and silences no other. */
  function each(elements, what) {
    return [...elements].flatMap((element) => {
      try {
        return [what(element)];
      } catch (error) {
        console.error(error);
        element.append(make("p", {}, "This question cannot be asked here: answer it in a notebook."));
        return [];
      }
    });
  }

  // Code is checked in a notebook; here its writer says so.
  function tick(element) {
    const { name } = element.dataset;
    const [box, verdict] = [element.querySelector("input"), element.querySelector(".check")];
    const tell = () => {
      element.dataset.solved = box.checked;
      if (verdict) verdict.hidden = box.checked; // it is about the stub, which is not so any more
    };
    box.checked = Boolean(remembered(name).solved);
    box.addEventListener("change", () => {
      remember(name, { solved: box.checked });
      tell();
    });
    tell();
  }

  // Where it is shown ------------------------------------------------------------------------------

  const progress = document.querySelector(".answer-progress");
  const marks = new Map();
  const count = progress?.querySelector(".answer-count");
  const note = progress?.querySelector(".answer-note");
  const links = [...document.querySelectorAll("aside[aria-label='The book'] a[href]")].map((a) => {
    const mark = make("span", { className: "answer-page" });
    return { a, mark, path: a.pathname };
  });

  /** Show what is solved, wherever the page says so. */
  function show() {
    const solved = (name) => Boolean(remembered(name).solved);
    const share = (names) => `${names.filter(solved).length} of ${names.length}`;
    for (const [name, mark] of marks) mark.textContent = solved(name) ? " ✓ solved" : "";
    if (note) {
      count.textContent = `${share([...marks.keys()])} solved`;
      note.textContent = kept
        ? "Your answers are kept in this browser only."
        : "This browser keeps nothing: your answers are gone when you leave this page.";
    }
    for (const { a, mark, path } of links) {
      const { names } = remembered(path);
      mark.textContent = Array.isArray(names) && names.length ? ` ${share(names)}` : "";
      if (mark.textContent) a.append(mark);
      else mark.remove();
    }
  }

  const forms = each(document.querySelectorAll("form.question"), build);
  each(document.querySelectorAll("div.question"), tick);
  const asked = [...document.querySelectorAll(".question")];
  if (note) {
    for (const element of asked) {
      const mark = make("span", { className: "answer-mark" });
      element.closest("section")?.querySelector(":is(h2, h3)")?.append(mark);
      marks.set(element.dataset.name, mark);
    }
    progress.querySelector("button").addEventListener("click", forget);
    if (forgotten())
      note.before(
        make("button", { type: "button", onclick: () => move(FORGOTTEN, KEY) }, "Bring back what was forgotten")
      );
    if (!forgotten() || Object.keys(load()).length) remember(location.pathname, { names: [...marks.keys()] });
    addEventListener("storage", show); // another tab
  }
  show();
  return { read, keys, shown, hashed, reply, say, forms, remembered, remember, make, isKept: () => kept };
})();
