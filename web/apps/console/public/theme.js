// Before the first paint, and a file of its own as the CSP allows no inline script: the theme remembered.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem("zhike.theme");
  } catch {
    // storage is blocked: the system's theme
  }
  if (theme !== "light" && theme !== "dark")
    theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = theme;
})();
