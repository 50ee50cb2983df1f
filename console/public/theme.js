// Runs before the first paint, so that a dark screen never flashes white and a reader aloud knows the language. A file, not inline: the page's CSP allows no inline script.
(function () {
  var mode = null;
  try { mode = localStorage.getItem("marque.theme"); } catch { mode = null; }
  var dark = mode === "dark" || (mode !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  try { if (localStorage.getItem("marque.language") === "en") document.documentElement.lang = "en"; } catch { /* Chinese, as the file says */ }
})();
