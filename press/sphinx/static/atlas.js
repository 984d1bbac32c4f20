// Finds the entries of the Error atlas that fit a message: see press/sphinx/_atlas.py.
"use strict";

const ErrorAtlas = (({page, texts}) => {
  // Numbers differ from reader to reader; "ExpBackward0" is "Exp" in another version of torch.
  const wordsOf = (text) =>
    new Set(
      (text.toLowerCase().match(/[a-z_]{2,}/g) ?? []).map((word) =>
        word.replace(/(?<=.)backward$/, "")
      )
    );
  const counts = new Map();
  for (const item of texts) {
    item.words = wordsOf(item.text);
    for (const word of item.words) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  // A word that few messages have says more.
  const weight = (words) => {
    let sum = 0;
    for (const word of words) sum += Math.log(1 + texts.length / (counts.get(word) ?? 1));
    return sum;
  };

  /** Return the texts that fit a message or a part of it, or are in it; the best one first. */
  const rank = (query) => {
    const words = wordsOf(query);
    const all = weight(words);
    const fits = [];
    for (const item of texts) {
      const shared = [...words].filter((word) => item.words.has(word));
      const common = weight(shared);
      const most = weight(item.words);
      const enough =
        (shared.length >= 3 && common >= 0.7 * all) || (shared.length >= 4 && common >= 0.75 * most);
      if (enough) fits.push({item, fit: (2 * common) / (all + most)});
    }
    fits.sort((a, b) => b.fit - a.fit); // the more common one first where they are equal
    return fits.filter(({fit}) => fit >= 0.6 * fits[0].fit).map(({item}) => item);
  };

  /** Return the texts that hold all that is typed, as parts of words; else those that fit. */
  const filter = (query) => {
    const parts = query.toLowerCase().match(/[a-z_]+/g) ?? [];
    const found = texts.filter(({text, title}) => {
      const held = `${text} ${title}`.toLowerCase();
      return parts.every((part) => held.includes(part));
    });
    return found.length ? found : rank(query);
  };

  return {page, rank, filter};
})(errorAtlas);

// The search page: before what Sphinx finds. Its script may come after this one, but not its index.
const searchTheAtlasToo = () => {
  const search = Search._performSearch;
  Search._performSearch = (query, ...terms) => {
    const entries = new Map(ErrorAtlas.rank(query).map((item) => [item.anchor, item]));
    const found = [...entries.values()].map(({anchor, title, cause}) =>
      [ErrorAtlas.page, title, `#${anchor}`, `Error clinic: ${cause}`, 1000, ""]
    );
    const others = search(query, ...terms);
    if (found.length) {
      // Else every word of the message would be yellow, here and on the page of the entry.
      terms[2].clear();
      localStorage.removeItem("sphinx_highlight_terms");
    }
    return [...others, ...found.reverse()]; // Sphinx shows the last one first
  };
};
if (typeof Search !== "undefined") searchTheAtlasToo();
else {
  const tools = document.querySelector("script[src*='searchtools.js']");
  tools?.addEventListener("load", searchTheAtlasToo);
}

// The page of the table: a field above it.
const atlasTable = document.querySelector("#the-error-atlas table");
if (atlasTable) {
  const label = document.createElement("label");
  label.className = "atlas-filter";
  label.append("Find a message or a symptom");
  const field = label.appendChild(document.createElement("input"));
  field.type = "search";
  field.placeholder = "paste it here";
  field.spellcheck = false;
  const count = document.createElement("p");
  count.className = "atlas-count";
  count.setAttribute("role", "status");
  const rows = [...atlasTable.tBodies[0].rows];
  field.addEventListener("input", () => {
    const shown = new Set(ErrorAtlas.filter(field.value).map(({row}) => row));
    rows.forEach((row, place) => {
      row.hidden = !shown.has(place);
    });
    if (!field.value.trim()) count.textContent = "";
    else if (shown.size) count.textContent = `${shown.size} of ${rows.length}`;
    else count.textContent = "Not in the atlas. Try fewer words, or look at the signs below.";
  });
  (atlasTable.closest(".pst-scrollable-table-container") ?? atlasTable).before(label, count);
}
