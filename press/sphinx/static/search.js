// Answers as one types: see press/sphinx/_search.py. What looks and what is looked in comes when a
// field gets the focus.
"use strict";

const bookSearch = (() => {
  const root = document.documentElement.dataset.content_root;
  const load = (file) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}_static/${file}`;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${file} did not load`));
      document.head.append(script);
    });

  // Say nothing about what is looked for.
  const IDLE = new Set(
    ("a an the is are was be been am i my me we you your it its this that these those in of to for on at by as " +
      "with from between and or but if so do does did doing what how why when where which who can could should " +
      "would will may must have has had get gets got there here about into than then please help using use " +
      "pytorch torch python").split(" ")
  );
  const stem = (word) =>
    word.length > 4 ? word.replace(/(?<=.{3})(ings?|ed|es|s|e|ly)$/, "") : word;

  /** Names in parts and whole: `retain_grad` is also retaingrad, retain and grad. */
  const wordsOf = (text) => {
    const words = [];
    const known = text.normalize("NFKC").replace(/(?<=[a-z])Backward\d*\b/g, "");
    for (const [name] of known.matchAll(/[A-Za-z][A-Za-z0-9_]*|[\u3400-\u9fff]+|\b(?:0|\d{3,4})\b/g)) {
      if (/^[\u3400-\u9fff]/.test(name))
        for (let i = 0; i + 1 < name.length; i++) words.push(name.slice(i, i + 2));
      else {
        const parts = name.split(/_+|(?<=[a-z])(?=[A-Z])/).filter(Boolean);
        for (const part of parts.length > 1 ? [parts.join(""), ...parts] : parts)
          words.push(part.toLowerCase());
      }
    }
    return words.filter((word) => !IDLE.has(word)).map(stem);
  };

  /** Of a traceback the last line says what is wrong. */
  const lastLine = (typed) => {
    const [found] = [...typed.matchAll(/\b\w*(?:Error|Warning|Exception): /g)].slice(-1);
    return found ? typed.slice(found.index) : typed;
  };

  const build = () => {
    const {answers, same} = searchIndex;
    const known = new Map(); // how often the book says a word
    const index = new MiniSearch({
      idField: "at",
      fields: ["title", "words", "chapter", "code", "prose"],
      storeFields: ["title", "chapter", "kind", "code", "prose"],
      tokenize: wordsOf,
      processTerm: (word) => known.set(word, 1 + (known.get(word) ?? 0)) && word,
    });
    index.addAll(answers);
    const phrases = Object.entries(same).map(([typed, meant]) => [
      /[\u3400-\u9fff]/.test(typed) ? typed : ` ${wordsOf(typed).join(" ")} `,
      wordsOf(meant),
    ]);

    const weight = (word) => 1 / Math.log(3 + (known.get(word) ?? 0));
    const sum = (words) => words.reduce((total, word) => total + weight(word), 0);

    /** Return the answers, best first: as MiniSearch's results, with `at`, `title`, `chapter`, `prose`.
     *  They are `far` if even the best lacks much of what was typed, a rare word more than a frequent one. */
    return (typed, only) => {
      const query = lastLine(typed);
      const asked = [...new Set(wordsOf(query))];
      const line = ` ${asked.join(" ")} `;
      const meant = new Set(
        phrases.filter(([phrase]) => line.includes(phrase) || query.includes(phrase)).flatMap(([, w]) => w)
      );
      for (const word of asked) meant.delete(word);
      // The words of a message are whole, and an entry quotes it.
      const message = asked.length > 7 || /(Error|Warning): /.test(query);
      const found = index.search([...asked, ...meant].join(" "), {
        tokenize: (words) => words.split(" "),
        processTerm: (word) => word,
        boost: {title: 3, words: 3, chapter: 0.6, code: message ? 2 : 0.8, prose: 1},
        prefix: (word) => word === asked.at(-1) && !message && word.length > 2, // it may be unfinished
        fuzzy: (word) => !(known.get(word) > 3) && word.length > 4 && 0.2, // it may be misspelt
        weights: {fuzzy: 0.3, prefix: 0.4},
        boostTerm: (word) => (meant.has(word) ? 0.6 : 1),
        boostDocument: (at, word, {kind}) => ({entry: message ? 2 : 0.6, exercise: 0.5, list: 0.5}[kind] ?? 1),
        filter: ({kind}) => !only || kind === only,
      });
      // What holds more of the words that were typed is the better answer, and so is what is called so, or quotes it.
      for (const hit of found) {
        const held = asked.filter((word) => hit.queryTerms.includes(word)).length;
        hit.score *= 0.3 + held / Math.max(1, asked.length);
        const says = message
          ? hit.code.includes(query.trim().slice(0, 80))
          : wordsOf(hit.title).every((word) => asked.includes(word) || meant.has(word));
        if (says) hit.score *= 2;
      }
      found.sort((a, b) => b.score - a.score);
      if (found.length) {
        const {queryTerms} = found[0];
        const otherwise = !message && queryTerms.some((word) => meant.has(word)); // it says so in other words
        const held = asked.filter((word) => otherwise || queryTerms.includes(word));
        found.far = sum(held) < (message ? 0.7 : 0.5) * sum(asked);
      }
      return found;
    };
  };

  let ready;
  return {
    wordsOf,
    ready: () =>
      (ready ??= Promise.all([load("minisearch.js"), load("search-index.js")]).then(build)),
  };
})();

/** The sentence of an answer that holds most of the words. */
const excerptOf = ({prose, queryTerms}) => {
  const words = new Set(queryTerms);
  const sentences = prose.split(/(?<=[.!?])\s+(?=[A-Z`])/);
  const held = (text) =>
    new Set(bookSearch.wordsOf(text).filter((word) => words.has(word))).size - text.includes("…"); // a formula
  const best = sentences.reduce((best, each) => (held(each) > held(best) ? each : best));
  return best.length > 180 ? `${best.slice(0, 180).replace(/\s+\S*$/, "")} …` : best;
};

const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

for (const form of document.querySelectorAll(".search-form")) {
  const root = document.documentElement.dataset.content_root;
  const field = form.elements.q;
  const isPage = form.dataset.kind === "page";
  const floats = form.dataset.kind === "menu";
  const most = isPage ? 30 : 8;
  const status = element("p", {className: "search-status"});
  status.setAttribute("role", "status");
  const list = element("ul", {className: "search-list"});
  if (isPage) list.id = "search-results";
  const panel = element("div", {className: "search-panel"}, status, list);
  if (floats) panel.popover = "manual";
  form.append(panel);

  const item = (hit, within) => {
    const link = element("a", {href: `${root}${hit.id}`}, hit.title);
    if (floats) link.addEventListener("click", close); // it may lead to this very page
    const where = hit.title === hit.chapter || within ? [] : [element("span", {}, hit.chapter)];
    return element("li", {}, link, ...where, element("p", {}, excerptOf(hit)));
  };
  /** Best first; in a menu those of one chapter stand together, where its best one would. */
  const show = (hits) => {
    const shown = hits.slice(0, most);
    const groups = floats ? Map.groupBy(shown, ({chapter}) => chapter) : new Map();
    list.replaceChildren(
      ...[...groups].map(([chapter, hits]) =>
        element("li", {}, element("span", {}, chapter), element("ul", {}, ...hits.map((hit) => item(hit, true))))
      ),
      ...(floats ? [] : shown.map((hit) => item(hit)))
    );
  };
  const open = () => {
    if (!floats) return;
    const {left, bottom} = field.getBoundingClientRect();
    panel.style.setProperty("--left", `${left}px`);
    panel.style.setProperty("--top", `${bottom + 4}px`);
    panel.showPopover();
  };
  const close = () => {
    if (floats) panel.hidePopover();
  };
  const answer = async () => {
    const typed = field.value.trim();
    if (isPage) history.replaceState(null, "", location.pathname + (typed && `?q=${encodeURIComponent(typed)}`));
    if (!typed) {
      status.textContent = "";
      list.replaceChildren();
      return close();
    }
    const find = await bookSearch.ready();
    if (field.value.trim() !== typed) return; // a later letter asks again
    const hits = find(typed, form.dataset.only);
    show(hits);
    if (hits.far) status.textContent = "Nothing says just this. The nearest:";
    else if (hits.length) status.textContent = hits.length > 1 ? `${Math.min(hits.length, most)} answers` : "1 answer";
    else
      status.replaceChildren(
        "Nothing is found for these words. Look through ",
        element("a", {href: `${root}chapters/errors.html`}, "what goes wrong, sign by sign"),
        " or ",
        element("a", {href: `${root}chapters/glossary.html`}, "the words of the book"),
        "."
      );
    open();
  };
  field.addEventListener("focus", () => {
    bookSearch.ready();
    if (list.hasChildNodes()) open();
    else if (field.value) answer();
  });
  field.addEventListener("input", answer);
  form.addEventListener("submit", (event) => {
    if (floats) return; // all answers are on the search page
    event.preventDefault();
    answer();
  });
  form.addEventListener("focusout", ({relatedTarget: next}) => form.contains(next) || close());
  form.addEventListener("keydown", (event) => {
    const stops = [field, ...list.querySelectorAll("a")];
    const at = stops.indexOf(document.activeElement);
    const next = stops[at + {ArrowDown: 1, ArrowUp: -1}[event.key]];
    if (next) {
      event.preventDefault();
      next.focus();
    } else if (event.key === "Escape" && floats) {
      field.focus();
      close();
    }
  });
  if (isPage) {
    field.value = new URLSearchParams(location.search).get("q") ?? "";
    answer();
    field.focus();
  }
}
