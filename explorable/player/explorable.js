// Plays the figures that explorable stored: explorable/_encode.py describes their data.
(() => {
  const GLIDE = 150; // milliseconds from one position to the next
  const NUMBER = /-?[0-9]+(?:\.[0-9]+)?/g;
  const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const idle = window.requestIdleCallback ?? setTimeout;

  // Where each kind of control has its position; a group of radio buttons has none.
  const STATE = { range: "value", checkbox: "checked", "select-one": "selectedIndex" };
  const radios = (group) => [...group.querySelectorAll("input")];
  const position = (element) =>
    element.type ? Number(element[STATE[element.type]]) : radios(element).findIndex((input) => input.checked);
  function move(element, to) {
    if (element.type) element[STATE[element.type]] = to;
    else radios(element)[to].checked = true;
  }

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

  function reader(text) {
    let at = 0;
    return () => {
      for (let sum = 0, weight = 1; ; weight *= 32) {
        const digit = BASE64.indexOf(text[at++]);
        sum += (digit % 32) * weight;
        if (digit < 32) return sum % 2 ? (1 - sum) / 2 : sum / 2;
      }
    };
  }

  // Read integers that are stored as differences of an order.
  function series(read, count, order) {
    const last = []; // the latest integer and its differences
    return Array.from({ length: count }, (_, place) => {
      let level = Math.min(order, place);
      last[level] = read();
      while (level--) last[level] += last[level + 1];
      return last[0];
    });
  }

  // A slot of numbers, which is decoded when it is first asked for.
  function numbers(element, name, digits, text, count) {
    const texts = []; // what stands before, between and behind the numbers that move
    const columns = [];
    const at = (value) => columns.map((column) => column[value]);
    let now;
    let from;
    let to;
    return {
      open(value) {
        if (now) return;
        const read = reader(text);
        const written = element.getAttribute(name);
        const still = written.match(NUMBER);
        written.split(NUMBER).forEach((between, i) => {
          const order = i && read();
          if (i && !order) texts[columns.length] += still[i - 1] + between;
          else texts.push(between);
          if (order) columns.push(series(read, count, order - 1));
        });
        now = at(value);
      },
      aim(value) {
        from = now;
        if (value !== undefined) to = at(value);
      },
      move(share) {
        now = share < 1 ? from.map((number, i) => Math.round(number + share * (to[i] - number))) : to;
        element.setAttribute(name, texts[0] + now.map((number, i) => number / 10 ** digits + texts[i + 1]).join(""));
      },
    };
  }

  // Labels are texts, or the integers of an even row of numbers.
  function labels([start, step, digits, count], all) {
    if (typeof step !== "number") return all;
    return Array.from({ length: count }, (_, i) =>
      ((start + i * step) / 10 ** digits).toFixed(digits).replace("-", "\u2212"),
    );
  }

  function play(figure) {
    const data = JSON.parse(figure.querySelector(":scope > script").textContent);
    const frame = figure.querySelector(".explorable-frame");
    const fieldset = figure.querySelector(".explorable-controls");
    const link = fieldset.querySelector(".explorable-tools a");

    const controls = data.controls.map(([name, start, unit, texts]) => {
      const element = document.getElementById(`${figure.id}-${name}`);
      const output = fieldset.querySelector(`output[for="${CSS.escape(element.id)}"]`);
      return {
        name,
        start,
        unit,
        texts: labels(texts, texts),
        element,
        output,
        at: () => position(element),
        move: (to) => move(element, to),
      };
    });
    const row = (at) => controls.reduce((row, control) => row * control.texts.length + at(control), 0);
    const rows = controls.reduce((rows, { texts }) => rows * texts.length, 1);

    // All elements of any frame, as the format counts them, and the family of each.
    const later = new Map(data.later.map(([number, ...rest]) => [number, rest]));
    const elements = [];
    const families = new Map();
    (function collect(element) {
      const number = elements.push(element) - 1;
      const children = [];
      let next = element.matches(".explorable-html") ? null : element.firstElementChild;
      for (;;) {
        const [parent, markup] = later.get(elements.length) ?? [];
        let child = next;
        if (parent === number) [child] = inert(element, markup);
        else if (next) next = next.nextElementSibling;
        else return;
        children.push(child);
        families.set(child, [element, children]);
        collect(child);
      }
    })(frame);

    function set(element, name, value) {
      if (name === "#text") element.textContent = value;
      else if (name === "#markup") element.replaceChildren(...inert(element, value));
      else if (name === "#here") {
        const [parent, children] = families.get(element);
        const after = children.slice(children.indexOf(element) + 1);
        if (value === null) element.remove();
        else parent.insertBefore(element, after.find((child) => child.parentNode === parent) ?? null);
      } else if (value === null) element.removeAttribute(name);
      else element.setAttribute(name, value);
    }

    const groups = data.groups.map(([text, slots]) => {
      const index = series(reader(text), rows, 1);
      const count = Math.max(...index) + 1;
      const made = slots.map(([number, name, ...values]) =>
        typeof values[0] === "number"
          ? numbers(elements[number], name, ...values, count)
          : (value) => set(elements[number], name, values[value]),
      );
      return { index, shown: index[row(({ start }) => start)], slots: made };
    });
    const open = ({ shown, slots }) => {
      for (const slot of slots) slot.open?.(shown);
    };
    idle(() => groups.forEach(open));

    const gliding = new Set();
    let begun;
    let request;
    function glide(time) {
      begun ??= time - 16;
      const share = Math.min((time - begun) / GLIDE, 1);
      for (const slot of gliding) slot.move(1 - (1 - share) ** 3);
      if (share < 1) request = requestAnimationFrame(glide);
      else gliding.clear();
    }

    function show(smooth) {
      for (const { texts, unit, element, output, at } of controls) {
        if (!output) continue;
        output.textContent = texts[at()] + unit;
        element.setAttribute("aria-valuetext", output.textContent);
      }
      const now = row(({ at }) => at());
      for (const slot of gliding) slot.aim();
      for (const group of groups) {
        const value = group.index[now];
        if (value === group.shown) continue;
        open(group);
        group.shown = value;
        for (const slot of group.slots) {
          if (slot.aim) gliding.add(slot);
          (slot.aim ?? slot)(value);
        }
      }
      cancelAnimationFrame(request);
      begun = smooth && !calm.matches ? null : -GLIDE;
      if (begun) glide(0);
      else request = requestAnimationFrame(glide);
    }

    // In an address stand name=label, or a number that equals one, or name@position.
    const plain = (text) => text.replace("\u2212", "-"); // a keyboard has no minus sign
    function find({ texts }, text) {
      const same = texts.findIndex((label) => plain(label) === plain(text));
      return same < 0 ? texts.findIndex((label) => Number(plain(label)) === Number(text)) : same;
    }

    function go(settings, smooth) {
      for (const setting of settings.split("&")) {
        const [, name, sign, text] = setting.match(/^(.*?)([=@])(.*)/) ?? [];
        const control = controls.find((control) => control.name === decoded(name));
        const position = control && (sign === "=" ? find(control, decoded(text)) : text);
        if (control?.texts[position] !== undefined) control.move(position);
      }
      show(smooth);
    }

    function point() {
      const state = controls.map((control) => {
        const position = control.at();
        const text = control.texts[position];
        const value = find(control, text) === position ? `=${encodeURIComponent(text)}` : `@${position}`;
        return encodeURIComponent(control.name) + value;
      });
      link.href = `#${figure.id}?${state.join("&")}`;
    }

    function reset() {
      for (const { start, move } of controls) move(start);
      show(true);
    }

    // What the author holds out is dragged: its circle says where each position lies.
    function hold(event) {
      const handle = event.target.closest(".explorable-hold");
      if (!handle || event.button) return;
      const svg = handle.ownerSVGElement;
      const place = ({ clientX, clientY }) =>
        new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
      const grip = place(event);
      const held = ["x", "y"].flatMap((axis) => {
        const control = controls.find(({ name }) => name === handle.dataset[axis]);
        return control ? { axis, control, off: handle.getAttribute(`c${axis}`) - grip[axis] } : [];
      });
      for (const { control } of held) {
        control.stop?.();
        control.element.focus({ preventScroll: true });
      }
      event.preventDefault();
      frame.setPointerCapture(event.pointerId);
      figure.classList.add("explorable-held");
      frame.onpointermove = (event) => {
        for (const { axis, control, off } of held) {
          const to = place(event)[axis] + off;
          const far = handle.dataset[`${axis}s`].split(" ").map((there) => Math.abs(there - to));
          control.move(far.indexOf(Math.min(...far.filter((distance) => distance >= 0))));
        }
        show();
      };
      frame.onlostpointercapture = () => {
        frame.onpointermove = null;
        figure.classList.remove("explorable-held");
      };
    }

    function startPlayer(button) {
      const control = controls.find((control) => control.element === button.nextElementSibling);
      const { texts, at, move, element } = control;
      let timer;
      const stop = () => {
        timer = clearInterval(timer);
        button.setAttribute("aria-pressed", false);
      };
      const tick = () => {
        const next = at() + 1;
        if (next === texts.length && !("repeat" in button.dataset)) return stop();
        move(next % texts.length);
        show(true);
      };
      button.addEventListener("click", () => {
        if (timer) return stop();
        if (at() === texts.length - 1) {
          move(0);
          show(true);
        }
        button.setAttribute("aria-pressed", true);
        timer = setInterval(tick, button.dataset.interval);
      });
      element.addEventListener("pointerdown", stop);
      calm.addEventListener("change", stop);
      control.stop = stop;
    }

    fieldset.querySelectorAll("[data-interval]").forEach(startPlayer);
    fieldset.addEventListener("input", () => show(true));
    fieldset.querySelector("[type=reset]").addEventListener("click", reset);
    frame.addEventListener("pointerdown", hold);
    link.addEventListener("pointerenter", point);
    link.addEventListener("focus", point);
    return go;
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // a lone % is a per cent
    }
  }

  const figures = [...document.querySelectorAll("figure.explorable:has(> script)")];
  const players = new Map();
  const open = (figure) => players.get(figure) ?? players.set(figure, play(figure)).get(figure);

  // Who wants no motion has nothing to start, from the beginning.
  const heed = () => {
    for (const button of document.querySelectorAll(".explorable-controls [data-interval]"))
      button.disabled = calm.matches;
  };
  calm.addEventListener("change", heed);
  heed();

  for (const figure of figures) {
    figure.querySelector(".explorable-controls").disabled = false;
    for (const event of ["pointerdown", "focusin", "input"])
      figure.addEventListener(event, () => open(figure), { capture: true, once: true });
    idle(() => open(figure));
    const full = figure.querySelector(".explorable-full");
    full.hidden = !document.fullscreenEnabled;
    full.addEventListener("click", async () => {
      if (!document.fullscreenElement) figure.requestFullscreen();
      while (document.fullscreenElement) await document.exitFullscreen();
    });
  }

  // In full screen, arrow keys lead to the next figure, unless a control takes them.
  document.addEventListener("keydown", ({ key, target }) => {
    const here = figures.indexOf(document.fullscreenElement);
    const next = figures[here + { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[key]];
    if (here < 0 || !next || target.matches("input, select")) return;
    next.requestFullscreen();
    next.querySelector(".explorable-full").focus();
  });

  // An address carries a state: #fig-name?lr=0.17&step=12. A link to it moves the figure, and the
  // page only as far as the figure is out of sight.
  function follow(event) {
    const [id, settings] = location.hash.slice(1).split("?");
    const figure = figures.find((figure) => figure.id === decoded(id));
    if (!figure || !settings) return;
    open(figure)(settings, event);
    figure.scrollIntoView({ block: event ? "nearest" : "start" });
  }
  window.addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    if (event.target.closest("a[href*='#']")?.href === location.href) follow(event); // no hashchange
  });
  follow();
})();
