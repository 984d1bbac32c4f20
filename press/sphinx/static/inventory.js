// The concept inventory: all questions are answered twice, before the book and after it.
"use strict";

{
  const { remembered, remember, make } = Progress;
  const { reply, say, forms: all } = Answers;
  const NAMES = ["before the book", "after the book"];
  const KEY = "concepts";
  const forms = all.filter(({ form }) => form.later);

  // What is remembered: the letters of each round by label, and how many rounds are finished.
  function state() {
    const { rounds, finished = 0 } = remembered(KEY);
    return Array.isArray(rounds) && rounds.length ? { rounds, finished } : { rounds: [{}], finished: 0 };
  }
  const answering = ({ rounds, finished }) => rounds.length > finished;
  const missed = (round) =>
    forms.flatMap(({ form }, place) => {
      const sentence = reply(form, [round[form.label]]);
      return sentence ? [{ place, sentence }] : [];
    });

  const status = [0, 1].map(() => make("p", { className: "answer-count" }));
  const help = make("p");
  const list = make("ul");
  const button = make("button", { type: "button", onclick: next });
  const found = make("div", {}, status[1], help, list);
  found.setAttribute("role", "status");
  const score = make("section", { className: "answer-score" }, found, button);
  forms[0].element.closest("section").before(status[0]);
  forms.at(-1).element.after(score);

  function next() {
    const { rounds, finished } = state();
    const open = forms.filter(({ form }) => !rounds.at(-1)[form.label]);
    if (!answering({ rounds, finished })) {
      remember(KEY, finished < 2 ? { rounds: [...rounds, {}] } : { rounds: [{}], finished: 0 });
      scrollTo(0, 0);
    } else if (open.length) open[0].element.querySelector("input").focus();
    else remember(KEY, { finished: finished + 1 });
    show();
  }

  function title(place) {
    const href = `#${forms[place].element.closest("section").id}`;
    return make("a", { href }, String(place + 1));
  }

  /** Return a line for each chapter that answers of a round point to, the most frequent first. */
  function chapters(round) {
    const cures = new Map();
    for (const { place, sentence } of missed(round)) {
      const link = make("p", { innerHTML: sentence }).querySelector("a");
      if (!link) continue; // no answer at all
      link.hash = "";
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
    const { rounds, finished } = state();
    const round = rounds.at(-1);
    const now = answering({ rounds, finished });
    const given = forms.filter(({ form }) => round[form.label]).length;
    const scores = rounds.slice(0, finished).map((answers, number) => {
      const right = forms.length - missed(answers).length;
      return `Round ${number + 1}, ${NAMES[number]}: ${right} of ${forms.length} right.`;
    });
    const going = `Round ${rounds.length}, ${NAMES[finished]}: ${given} of ${forms.length} answered.`;
    for (const line of status) line.textContent = [...scores, ...(now ? [going] : [])].join(" ");
    list.replaceChildren(...(now ? [] : chapters(round)));
    help.textContent = now ? "" : list.children.length ? "Your other answers point to these chapters:" : "All of them!";
    button.textContent = now ? "Finish this round" : finished < 2 ? "Begin the second round" : "Forget both rounds";
    for (const { form, fieldset, check, put } of forms) {
      put(round[form.label]);
      fieldset.disabled = !now;
      const sentence = reply(form, [round[form.label]]);
      if (finished < 2) check.replaceChildren();
      else say(check, !sentence, ...(sentence ? [sentence] : []));
    }
  }

  for (const { form, fieldset, get } of forms)
    fieldset.addEventListener("change", () => {
      const { rounds } = state();
      rounds.at(-1)[form.label] = get()[0];
      remember(KEY, { rounds });
      show();
    });
  show();
}
