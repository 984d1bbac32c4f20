// Asks for the reader's own JupyterHub and opens the notebook there: press/sphinx/_launch.py.
"use strict";

(() => {
  const link = document.querySelector('.dropdown-launch-buttons a[href*="?pull="]');
  if (!link) return;
  const path = new URLSearchParams(link.search).get("pull");
  const dialog = document.createElement("dialog");
  dialog.id = "launch-hub";
  dialog.setAttribute("aria-labelledby", "launch-hub-title");
  dialog.innerHTML = `
    <form method="dialog">
      <h2 id="launch-hub-title">Open on a JupyterHub</h2>
      <label for="launch-hub-address">The address of your hub</label>
      <input id="launch-hub-address" type="url" required pattern="https?://.+"
        placeholder="https://hub.university.example" autocomplete="url">
      <p>It needs nbgitpuller. <a>What your teacher can do</a></p>
      <p><button>Open</button> <button type="button">Cancel</button></p>
    </form>`;
  const [input, help] = dialog.querySelectorAll("input, a");
  help.href = link.href;
  try {
    input.value = localStorage.getItem("jupyterhub") ?? "";
  } catch {} // a browser may forbid it, and is then asked each time
  link.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.isConnected || document.querySelector("main").append(dialog);
    dialog.showModal();
  });
  dialog.querySelector("[type=button]").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", () => {
    const hub = input.value.trim().replace(/\/*$/, "/");
    try {
      localStorage.setItem("jupyterhub", hub);
    } catch {}
    open(hub + path, "_blank", "noopener");
  });
})();
