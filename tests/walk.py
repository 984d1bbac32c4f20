"""How a test moves a figure on a page through all its positions, as a reader's events would."""

#: Given a figure, returns the markup of its frame at every position, in row-major order; or what
#: another function sees of each.
WALK = """(figure, see) => {
  see ??= frame => frame.innerHTML;
  const fields = figure.querySelector(".explorable-controls");
  const controls = [...fields.querySelectorAll("select, [role=radiogroup], input:not([type=radio])")];
  const radios = element => element.querySelectorAll("input");
  const count = element => element.matches("select") ? element.options.length
    : element.matches("[type=checkbox]") ? 2
    : element.matches("[type=range]") ? Number(element.max) + 1
    : radios(element).length;
  const move = (element, position) => {
    if (element.matches("select")) element.selectedIndex = position;
    else if (element.matches("[type=checkbox]")) element.checked = position;
    else if (element.matches("[type=range]")) element.value = position;
    else radios(element)[position].checked = true;
    element.dispatchEvent(new Event("input", {bubbles: true}));
  };
  const frames = [];
  const walk = (depth) => {
    if (depth === controls.length)
      return frames.push(see(figure.querySelector(".explorable-frame")));
    for (let position = 0; position < count(controls[depth]); position += 1) {
      move(controls[depth], position);
      walk(depth + 1);
    }
  };
  walk(0);
  return frames;
}"""
