// The concept inventory: all questions are answered twice, before the book and after it.
"use strict";

{
  const { remembered, remember, make, reply, say, isKept, forms: all } = Answers;
  const NAMES = ["before the book", "after the book"];
  const KEY = "concepts";
  const forms = all.filter(({ question }) => question.later);
  // What a reader gets who chooses blindly.
  const guessed = forms.reduce((sum, { question }) => sum + 1 / Object.keys(question.options).length, 0);

  // What is kept: the letters of each round by name, how many rounds are finished, and what the
  // last button took away.
  function state() {
    const { rounds, finished = 0, before } = remembered(KEY);
    return Array.isArray(rounds) && rounds.length
      ? { rounds, finished, before }
      : { rounds: [{}], finished: 0, before };
  }
  const answering = ({ rounds, finished }) => rounds.length > finished;
  const missed = (round) =>
    forms.flatMap(({ question }, place) => {
      const sentence = reply(question, [round[question.name]]);
      return sentence ? [{ place, sentence }] : [];
    });

  const status = [
    document.querySelector(".answer-progress .answer-count"),
    make("p", { className: "answer-count" }),
  ];
  const help = make("p");
  const list = make("ul");
  const button = make("button", { type: "button", onclick: next });
  const undo = make("button", { type: "button", onclick: back }, "Undo");
  const found = make("div", {}, status[1], help, list);
  found.setAttribute("role", "status");
  const score = make("section", { className: "answer-score" }, found, button, " ", undo);
  forms.at(-1).form.after(score);

  function next() {
    const { rounds, finished } = state();
    const before = { rounds, finished };
    const open = forms.filter(({ question }) => !rounds.at(-1)[question.name]);
    if (answering(before) && open.length) return open[0].form.querySelector("input").focus();
    if (answering(before)) remember(KEY, { finished: finished + 1, before });
    else if (finished < 2) remember(KEY, { rounds: [...rounds, {}], before });
    else if (confirm("Forget both rounds?")) remember(KEY, { rounds: [{}], finished: 0, before });
    show();
  }

  function back() {
    remember(KEY, { ...state().before, before: null });
    show();
  }

  function title(place) {
    const href = `#${forms[place].form.closest("section").id}`;
    return make("a", { href }, String(place + 1));
  }

  /** Return a line for each chapter that answers of a round point to, the most frequent first. */
  function chapters(round) {
    const cures = new Map();
    for (const { place, sentence } of missed(round)) {
      const link = make("p", { innerHTML: sentence }).querySelector("a");
      if (!link) continue; // no answer at all
      const cure = cures.get(link.href) ?? { link, places: [] };
      cure.places.push(place);
      cures.set(link.href, cure);
    }
    const sorted = [...cures.values()].sort((one, other) => other.places.length - one.places.length);
    return sorted.map(({ link, places }) => {
      const numbers = places.flatMap((place, at) => [at ? ", " : "", title(place)]);
      return make("li", {}, link, places.length > 1 ? ": questions " : ": question ", ...numbers);
    });
  }

  function show() {
    const { rounds, finished, before } = state();
    const round = rounds.at(-1);
    const now = answering({ rounds, finished });
    const given = forms.filter(({ question }) => round[question.name]).length;
    const scores = rounds.slice(0, finished).map((answers, number) => {
      const right = forms.length - missed(answers).length;
      return `Round ${number + 1}, ${NAMES[number]}: ${right} of ${forms.length} right.`;
    });
    if (scores.length) scores.push(`Guessing gives ${guessed.toFixed(1)} on average.`);
    if (now) scores.push(`Round ${rounds.length}, ${NAMES[finished]}: ${given} of ${forms.length} answered.`);
    if (!isKept()) scores.push("This browser keeps nothing: your answers are gone when you leave.");
    for (const line of status) line.textContent = scores.join(" ");
    list.replaceChildren(...(now ? [] : chapters(round)));
    help.textContent = now ? "" : list.children.length ? "Your other answers point to these chapters:" : "All of them!";
    button.textContent = now ? "Finish this round" : finished < 2 ? "Begin the second round" : "Forget both rounds";
    undo.hidden = !before;
    for (const { question, form, status, put } of forms) {
      put(round[question.name]);
      form.querySelector("fieldset").disabled = !now;
      const sentence = reply(question, [round[question.name]]);
      status.removeAttribute("data-solved");
      if (finished < 2) status.replaceChildren();
      else say(status, !sentence, ...(sentence ? [sentence] : []));
    }
  }

  for (const { question, form, get } of forms)
    form.addEventListener("change", () => {
      const { rounds } = state();
      rounds.at(-1)[question.name] = get()[0];
      remember(KEY, { rounds, before: null });
      show();
    });
  show();
}
