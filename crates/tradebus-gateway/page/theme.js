// Sets the theme before anything is painted; a classic script, because modules run later.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const read = () => {
    try {
      const kept = localStorage.getItem("tradebus.theme");
      return kept === "light" || kept === "dark" ? kept : "auto";
    } catch {
      return "auto"; // Storage may be forbidden.
    }
  };
  let choice = read();
  const apply = () => {
    document.documentElement.dataset.theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    dispatchEvent(new Event("themechange"));
  };
  dark.addEventListener("change", apply);
  apply();
  window.tradebusTheme = {
    get: () => choice,
    set(value) {
      choice = ["light", "dark"].includes(value) ? value : "auto";
      try {
        localStorage.setItem("tradebus.theme", choice);
      } catch {
        // Then it holds until the page is closed.
      }
      apply();
    },
  };
})();
