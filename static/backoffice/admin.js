// Whoever pressed a button finds it under their fingers again when the page comes back after the act.
addEventListener("DOMContentLoaded", () => {
  const act = document.querySelector("form.act");
  if (act) {
    act.addEventListener("submit", () => sessionStorage.setItem("act", location.pathname));
    return;
  }
  const pressed = sessionStorage.getItem("act");
  sessionStorage.removeItem("act");
  const button = pressed && [...document.querySelectorAll("a[href]")].find((link) => link.pathname === pressed);
  if (!button) return;
  // One of those folded into a menu: the menu's own button.
  const menu = button.closest("[x-data]")?.querySelector("[x-on\\:click], button, a");
  const seen = button.checkVisibility() ? button : menu;
  if (seen && !seen.matches("a[href], button")) seen.tabIndex = 0;
  setTimeout(() => seen?.focus());
});
